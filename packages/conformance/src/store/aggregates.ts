import assert from 'node:assert/strict'
import type { Clause } from '../store.ts'
import { claimOne, counted, endBadly, endWell, explanationOf, openOne, P, startJob } from './scene.ts'

const HUGE = 2n ** 80n + 1n

export function aggregateClauses(clause: Clause): void {
  clause('S30 counts a target once', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'], { methods: ['drise', 'random'] })
    const { claimed, explanation } = await openOne(stage)
    const count = (...targets: Parameters<typeof store.countTargets>[4][number][]) =>
      store.countTargets(P, 'a', claimed.item, explanation.id, targets)
    await count(counted('t1', [1n, -5n]), counted('t1', [100n, 100n]), counted('t2', [HUGE, 2n]))
    const expected = [{ method: 'drise', key: 'class=person', targets: 2, sums: [HUGE + 1n, -3n] }]
    assert.deepEqual(await store.listAggregates(P, 'a'), expected)
    await count(counted('t2', [7n, 7n]), counted('t1', [1n, -5n]))
    assert.deepEqual(await store.listAggregates(P, 'a'), expected)
    assert.equal(await store.countedTargets(P, 'a'), 2)
    await count(counted('t1', [4n], 'class=boat', 'random'), counted('t3', [-HUGE - 1n, 3n]))
    assert.deepEqual(await store.listAggregates(P, 'a'), [
      { method: 'drise', key: 'class=person', targets: 3, sums: [0n, 0n] },
      { method: 'random', key: 'class=boat', targets: 1, sums: [4n] },
    ])
    assert.equal(await store.countedTargets(P, 'a'), 4)
    assert.deepEqual(await store.listAggregates(P, 'nothing'), [])
    assert.equal(await store.countedTargets(P, 'nothing'), 0)
  })

  clause('S30 counts the same target of another item by itself, in any order', async (stage) => {
    const { store } = stage
    const sums: unknown[] = []
    for (const job of ['a', 'b']) {
      await startJob(stage, job, ['x', 'twin=x'])
      const claims = [await claimOne(stage), await claimOne(stage)]
      for (const claimed of claims) await store.openExplanation(claimed, explanationOf(claimed))
      const deltas = [
        [1n, 2n],
        [30n, 40n],
      ]
      const order = job === 'a' ? [0, 1] : [1, 0]
      await Promise.all(
        order.map((i) =>
          store.countTargets(P, job, claims[i]!.item, explanationOf(claims[i]!).id, [counted('t', deltas[i]!)]),
        ),
      )
      sums.push(await store.listAggregates(P, job))
    }
    assert.deepEqual(sums[0], [{ method: 'drise', key: 'class=person', targets: 2, sums: [31n, 42n] }])
    assert.deepEqual(sums[0], sums[1])
  })

  clause('S30 counts a target with several keys, and with none', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    const aggregates = [
      { key: 'b', sums: [1n] },
      { key: 'a', sums: [] },
      { key: 'b', sums: [2n] },
    ]
    await store.countTargets(P, 'a', claimed.item, explanation.id, [
      { target: 't', method: 'm', aggregates },
      { target: 'u', method: 'm', aggregates: [] },
    ])
    assert.deepEqual(await store.listAggregates(P, 'a'), [
      { method: 'm', key: 'a', targets: 1, sums: [] },
      { method: 'm', key: 'b', targets: 1, sums: [3n] },
    ])
    assert.equal(await store.countedTargets(P, 'a'), 2)
  })

  clause('S31 refuses sums of another length and counts nothing of the call', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    const count = (...targets: Parameters<typeof store.countTargets>[4][number][]) =>
      store.countTargets(P, 'a', claimed.item, explanation.id, targets)
    const refused = { code: 'MESSAGE_INVALID', retry: 'never' }
    await assert.rejects(count(counted('t1', [1n]), counted('t2', [1n, 2n])), refused)
    assert.deepEqual([await store.countedTargets(P, 'a'), await store.listAggregates(P, 'a')], [0, []])
    await count(counted('t1', [1n, 2n]))
    await assert.rejects(count(counted('t2', [1n], 'class=boat'), counted('t3', [1n])), refused)
    assert.equal(await store.countedTargets(P, 'a'), 1)
    assert.deepEqual(
      (await store.listAggregates(P, 'a')).map(({ key }) => key),
      ['class=person'],
    )
  })

  clause('S32 does not count what is not there', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'])
    const { claimed, explanation } = await openOne(stage)
    const other = await claimOne(stage)
    const targets = [counted('t', [1n])]
    await store.countTargets(P, 'a', other.item, explanation.id, targets)
    await store.countTargets(P, 'b', claimed.item, explanation.id, targets)
    await store.forgetImage(P, claimed.image.sha256)
    await store.countTargets(P, 'a', claimed.item, explanation.id, targets)
    assert.deepEqual([await store.countedTargets(P, 'a'), await store.listAggregates(P, 'a')], [0, []])
  })

  clause('S33 lists what ended well and was never counted', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x', 'twin=x', 'bad'])
    const x = await openOne(stage)
    const twin = await claimOne(stage)
    await store.openExplanation(twin, x.explanation)
    const failed = await openOne(stage)
    await endBadly(stage, failed.explanation.id)
    assert.deepEqual(await store.uncounted(0, 10), [])
    await endWell(stage, x.explanation.id)
    clock.advance(100)
    assert.deepEqual(await store.uncounted(101, 10), [])
    const both = await store.uncounted(100, 10)
    assert.deepEqual(both.map(({ item }) => item).sort(), [x.claimed.item, twin.item].sort())
    assert.equal((await store.uncounted(100, 1)).length, 1)
    await store.countTargets(P, 'a', x.claimed.item, x.explanation.id, [])
    assert.deepEqual(await store.uncounted(100, 10), [
      { project: P, job: 'a', item: twin.item, explanation: x.explanation.id },
    ])
    await store.changeJob(P, 'a', 'cancel')
    assert.equal((await store.uncounted(100, 10)).length, 1)
  })

  clause('S33 lists what was opened when it had ended, and not what was cancelled', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const x = await openOne(stage)
    await endWell(stage, x.explanation.id)
    await store.countTargets(P, 'a', x.claimed.item, x.explanation.id, [])
    assert.deepEqual(await store.uncounted(0, 10), [])
    await startJob(stage, 'b', ['later=x'])
    const later = await openOne(stage)
    assert.deepEqual(await store.uncounted(0, 10), [
      { project: P, job: 'b', item: later.claimed.item, explanation: x.explanation.id },
    ])
    await startJob(stage, 'c', ['y'])
    const y = await openOne(stage)
    await store.changeJob(P, 'c', 'cancel')
    await endWell(stage, y.explanation.id)
    assert.equal((await store.uncounted(0, 10)).length, 1)
  })
}
