import assert from 'node:assert/strict'
import type { Clause } from '../store.ts'
import { ask, claimOne, endWell, explanationOf, newItem, openOne, P, ref, startJob, storeGood } from './scene.ts'

export function sweeperClauses(clause: Clause): void {
  clause('S34 keeps what was left until it is marked', async (stage) => {
    const { store, clock } = stage
    const first = await startJob(stage, 'a', ['x'])
    clock.advance(10)
    const second = await store.addItems(P, 'a', [newItem('a', 'y')])
    assert.deepEqual(await store.unsent(11, 10), [])
    assert.deepEqual(await store.unsent(10, 10), first.outbox)
    assert.deepEqual(await store.unsent(0, 10), [...first.outbox, ...second.outbox])
    assert.deepEqual(await store.unsent(0, 1), first.outbox)
    const ids = first.outbox.map(({ id }) => id)
    for (let repeat = 0; repeat < 2; repeat++) await store.markSent(ids)
    await store.markSent([])
    await store.markSent(['999999999'])
    assert.deepEqual(await store.unsent(0, 10), second.outbox)
  })

  clause('S34 keeps the order of one call', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await stage.store.markSent((await stage.store.unsent(0, 10)).map(({ id }) => id))
    const { outbox } = await ask(stage, explanation.id, { size: 1 })
    assert.equal(outbox.length, 30)
    assert.deepEqual(await stage.store.unsent(0, 100), outbox)
  })

  clause('S35 finds explanations whose work was lost', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x', 'y'])
    const x = (await openOne(stage)).explanation.id
    clock.advance(10)
    const y = (await openOne(stage)).explanation.id
    clock.advance(50)
    const found = async (idleMs = 50, limit = 9) =>
      (await store.stalled(idleMs, limit)).map(({ explanation }) => explanation)
    assert.deepEqual(await found(61), [])
    assert.deepEqual(await found(50, 1), [x])
    assert.deepEqual(await found(), [y])
    assert.deepEqual(await found(), [])
    const touches = [
      () => ask(stage, x),
      () => store.startShard(ref(x, 0)),
      () => store.recordAttemptFailure(ref(x, 0), { code: 'WORKER_CRASHED', message: '' }),
      () => storeGood(stage, x, 0),
    ]
    for (const touch of touches) {
      clock.advance(49)
      await touch()
      clock.advance(1)
      assert.deepEqual(await found(), [y])
    }
    clock.advance(49)
    assert.deepEqual(await store.stalled(50, 9), [{ project: P, explanation: x }])
  })

  clause('S35 leaves alone what nobody wants or what has ended', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x', 'y'])
    const { explanation } = await openOne(stage)
    await endWell(stage, explanation.id)
    await openOne(stage)
    await store.changeJob(P, 'a', 'pause')
    clock.advance(1000)
    assert.deepEqual(await store.stalled(0, 9), [])
    await store.changeJob(P, 'a', 'resume')
    const again = await claimOne(stage)
    await store.openExplanation(again, explanationOf(again))
    assert.deepEqual(await store.stalled(1, 9), [])
    assert.equal((await store.stalled(0, 9)).length, 1)
  })
}
