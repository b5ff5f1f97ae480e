import assert from 'node:assert/strict'
import { sha256 } from '@fanlight/contracts'
import type { Clause } from '../store.ts'
import {
  ask,
  claim,
  claimOne,
  counted,
  endBadly,
  endWell,
  explanationOf,
  image,
  jobSpec,
  newItem,
  openOne,
  P,
  ref,
  result,
  startJob,
  storeGood,
} from './scene.ts'

export function retentionClauses(clause: Clause): void {
  clause('S36 knows the artifacts that rows refer to', async (stage) => {
    const { store } = stage
    assert.deepEqual(await store.referencedArtifacts(), new Set())
    await startJob(stage, 'a', ['x', 'y'])
    const x = await openOne(stage)
    await endWell(stage, x.explanation.id, ['t1', 't2'])
    const y = await openOne(stage)
    const failure = { code: 'WORKER_CRASHED', message: 'x' }
    await store.endExplanation(P, y.explanation.id, { ok: false, failure, transcript: sha256('half a transcript') })
    const maps = ['map of t1', 'map of t2', 'interval of t1', 'interval of t2'].map((name) => sha256(name))
    const made = [result(['t1', 't2']).transcript, ...maps, sha256('half a transcript')]
    const given = [image('x').sha256, image('y').sha256, jobSpec().detector.sha256]
    assert.deepEqual(await store.referencedArtifacts(), new Set([...made, ...given]))
    await store.forgetJob(P, 'a')
    assert.deepEqual(await store.referencedArtifacts(), new Set([jobSpec().detector.sha256]), 'which stays registered')
  })

  clause('S37 removes jobs that ended long ago with all that is theirs alone', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'old', ['x', 'y'], { seal: true })
    for (const claimed of await claim(stage)) {
      await store.openExplanation(claimed, explanationOf(claimed))
      await endWell(stage, explanationOf(claimed).id, [claimed.item])
    }
    clock.advance(100)
    await startJob(stage, 'new', ['shared=x'], { seal: true })
    const shared = await claimOne(stage)
    await store.openExplanation(shared, explanationOf(shared))
    await startJob(stage, 'cancelled', ['z'])
    const z = await openOne(stage)
    await ask(stage, z.explanation.id)
    await store.changeJob(P, 'cancelled', 'cancel')
    await startJob(stage, 'running', ['w'])
    const collected = async (olderThanMs: number) => {
      const { jobs, explanations } = await store.collectGarbage(olderThanMs)
      return [jobs, explanations]
    }
    assert.deepEqual(await collected(101), [0, 0])
    assert.deepEqual(await collected(100), [1, 1])
    assert.deepEqual(await collected(100), [0, 0])
    assert.equal(await store.getJob(P, 'old'), undefined)
    assert.deepEqual((await store.listItems(P, 'old', { limit: 9 })).rows, [])
    assert.ok(await store.getResult(P, explanationOf(shared).id))
    assert.deepEqual(await collected(0), [2, 2])
    assert.equal(await store.readExplanation(P, z.explanation.id), undefined)
    assert.deepEqual(
      (await store.listJobs(P, { limit: 9 })).rows.map(({ id }) => id),
      ['running'],
    )
  })

  clause('S38 forgets a job, also in mid-explanation', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y', 'z'])
    await startJob(stage, 'b', ['x'])
    const x = await openOne(stage)
    await claimOne(stage).then((claimed) => store.openExplanation(claimed, explanationOf(claimed)))
    const y = await openOne(stage)
    await ask(stage, x.explanation.id)
    await ask(stage, y.explanation.id)
    await store.countTargets(P, 'a', x.claimed.item, x.explanation.id, [counted('t', [1n])])
    assert.deepEqual(await store.forgetJob(P, 'a'), { items: 3, explanations: 1 })
    assert.deepEqual(await store.forgetJob(P, 'a'), { items: 0, explanations: 0 })
    assert.equal(await store.getJob(P, 'a'), undefined)
    assert.deepEqual([await store.countedTargets(P, 'a'), await store.listAggregates(P, 'a')], [0, []])
    assert.equal((await store.readExplanation(P, x.explanation.id))?.wanted, true)
    assert.equal(await store.readExplanation(P, y.explanation.id), undefined)
    assert.deepEqual(await storeGood(stage, y.explanation.id, 0), { complete: false, outbox: [] })
    await startJob(stage, 'a', ['y'])
    assert.deepEqual((await store.getJob(P, 'a'))?.items.waiting, 1)
    const again = await openOne(stage)
    assert.deepEqual((await store.readExplanation(P, again.explanation.id))?.questions, [])
  })

  clause('S39 forgets an image: aggregates shrink by exactly its part', async (stage) => {
    const { store } = stage
    const huge = 10n ** 30n
    await startJob(stage, 'a', ['x', 'twin=x', 'y'], { seal: true })
    await startJob(stage, 'b', ['elsewhere=x'])
    for (const claimed of await claim(stage)) {
      const { id } = explanationOf(claimed)
      await store.openExplanation(claimed, explanationOf(claimed))
      const part = claimed.image.sha256 === image('x').sha256 ? 1000n : 7n
      const targets = [counted('t1', [part * huge + 1n, -part]), counted('t2', [part, part], 'class=boat')]
      await store.countTargets(P, claimed.job, claimed.item, id, part === 7n ? targets.slice(0, 1) : targets)
    }
    assert.deepEqual(await store.forgetImage(P, image('x').sha256), { items: 3, explanations: 1 })
    assert.deepEqual(await store.forgetImage(P, image('x').sha256), { items: 0, explanations: 0 })
    assert.deepEqual(await store.listAggregates(P, 'a'), [
      { method: 'drise', key: 'class=person', targets: 1, sums: [7n * huge + 1n, -7n] },
    ])
    assert.equal(await store.countedTargets(P, 'a'), 1)
    assert.deepEqual([await store.countedTargets(P, 'b'), await store.listAggregates(P, 'b')], [0, []])
    assert.deepEqual((await store.getJob(P, 'a'))?.items.open, 1)
    await store.addItems(P, 'b', [newItem('b', 'elsewhere', 'x')])
    const again = await openOne(stage)
    await store.countTargets(P, 'b', again.claimed.item, again.explanation.id, [counted('t1', [1n])])
    assert.equal(await store.countedTargets(P, 'b'), 1)
  })

  clause('S39 ends a job whose last open photo is forgotten', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'], { seal: true })
    const x = await openOne(stage)
    await endBadly(stage, x.explanation.id)
    await store.markSent((await store.unsent(0, 100)).map(({ id }) => id))
    await store.forgetImage(P, image('y').sha256)
    assert.equal((await store.getJob(P, 'a'))?.state, 'done')
    assert.deepEqual(
      (await store.unsent(0, 100)).map(({ topic }) => topic),
      ['jobs.changed'],
    )
  })

  clause('S40 keeps projects apart', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const here = await openOne(stage)
    const { id } = here.explanation
    await ask(stage, id)
    await storeGood(stage, id, 0)
    await store.countTargets(P, 'a', here.claimed.item, id, [counted('t', [1n])])

    assert.equal(await store.getJob('other', 'a'), undefined)
    assert.deepEqual((await store.listJobs('other', { limit: 9 })).rows, [])
    assert.equal(await store.readExplanation('other', id), undefined)
    assert.deepEqual(await store.startShard({ ...ref(id, 1), project: 'other' }), { do: 'skip' })
    assert.deepEqual(await store.forgetJob('other', 'a'), { items: 0, explanations: 0 })
    assert.deepEqual(await store.forgetImage('other', image('x').sha256), { items: 0, explanations: 0 })

    await startJob(stage, 'a', ['x', 'y'], { project: 'other' })
    const there = await claimOne(stage)
    assert.deepEqual([there.project, there.item], ['other', here.claimed.item])
    await store.openExplanation(there, explanationOf(there))
    assert.deepEqual((await store.readExplanation('other', id))?.questions, [])
    const sends = await endWell(stage, id)
    assert.equal(sends.outbox.filter(({ topic }) => topic === 'attributions.made').length, 1)
    assert.equal((await store.readExplanation('other', id))?.state, 'open')
    assert.equal((await store.getItem('other', 'a', there.item))?.state, 'open')
    assert.deepEqual([await store.countedTargets(P, 'a'), await store.countedTargets('other', 'a')], [1, 0])
    await store.changeJob('other', 'a', 'cancel')
    assert.equal((await store.getJob(P, 'a'))?.state, 'running')
    assert.deepEqual(await store.forgetJob('other', 'a'), { items: 2, explanations: 1 })
    assert.ok(await store.getResult(P, id))
  })
}
