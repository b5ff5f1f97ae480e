import assert from 'node:assert/strict'
import type { Clause } from '../store.ts'
import {
  ask,
  bodies,
  claim,
  claimOne,
  endBadly,
  endWell,
  explanationOf,
  jobSpec,
  LEASE_MS,
  newItem,
  openOne,
  P,
  type Stage,
  startJob,
  storeGood,
  topics,
} from './scene.ts'

/** `endWell` costs 30 forwards. */
async function startWithBudget({ store }: Stage, id: string, names: string[], forwards: number): Promise<void> {
  await store.createJob({ project: P, id, name: id, spec: { ...jobSpec(), budget: { forwards } } })
  await store.addItems(
    P,
    id,
    names.map((name) => newItem(id, name)),
  )
}

const statesOf = async ({ store }: Stage, job: string) => {
  const { rows } = await store.listItems(P, job, { limit: 99 })
  return rows.map(({ state }) => state).join(' ')
}

export function limitClauses(clause: Clause): void {
  deadlineClauses(clause)
  budgetClauses(clause)

  clause('S46 counts what waits or is open in a lane', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y', 'z'])
    await startJob(stage, 'b', ['x', 'y'])
    await startJob(stage, 'paused', ['x'])
    await store.changeJob(P, 'paused', 'pause')
    await startJob(stage, 'elsewhere', ['x'], { project: 'other' })
    assert.deepEqual([await store.waitingItems(P, 'bulk', 99), await store.waitingItems(P, 'live', 99)], [5, 0])
    await startJob(stage, 'live', ['x'], { lane: 'live' })
    await claim(stage, 3)
    assert.deepEqual([await store.waitingItems(P, 'bulk', 99), await store.waitingItems(P, 'live', 99)], [5, 1])
    assert.deepEqual([await store.waitingItems(P, 'bulk', 4), await store.waitingItems(P, 'bulk', 0)], [4, 0])
    await store.changeJob(P, 'a', 'cancel')
    assert.equal(await store.waitingItems(P, 'bulk', 99), 2)
  })
}

function deadlineClauses(clause: Clause): void {
  clause('S44 cancels what has not ended by its deadline', async (stage) => {
    const { store, clock } = stage
    const start = clock.now()
    const create = async (id: string, deadlineMs?: number) => {
      await store.createJob({ project: P, id, name: id, spec: jobSpec(), deadlineMs })
      await store.addItems(P, id, [newItem(id, `${id}1`), newItem(id, `${id}2`)])
    }
    await create('late', 20)
    await create('later', 30)
    await create('soon', 10)
    await create('never')
    assert.equal((await store.getJob(P, 'soon'))?.deadlineAt, start + 10)
    assert.equal(Object.hasOwn((await store.getJob(P, 'never'))!, 'deadlineAt'), false)
    const { explanation } = await openOne(stage)
    await store.changeJob(P, 'soon', 'pause')
    clock.advance(9)
    assert.deepEqual(await store.cancelOverdue(9), { jobs: [], outbox: [] })
    clock.advance(11)
    const first = await store.cancelOverdue(1)
    assert.deepEqual(first.jobs, [{ project: P, job: 'soon' }])
    assert.deepEqual(bodies(first, 'jobs.changed'), [{ version: 1, project: P, job: 'soon' }])
    const rest = await store.cancelOverdue(9)
    assert.deepEqual([rest.jobs, topics(rest)], [[{ project: P, job: 'late' }], ['jobs.changed']])
    assert.deepEqual(await store.cancelOverdue(9), { jobs: [], outbox: [] })
    assert.equal((await store.getJob(P, 'late'))?.state, 'cancelled')
    assert.equal(await statesOf(stage, 'late'), 'cancelled cancelled')
    assert.equal((await store.readExplanation(P, explanation.id))?.wanted, false)
    assert.equal(await statesOf(stage, 'later'), 'waiting waiting')
    clock.advance(100)
    assert.equal((await store.collectGarbage(100)).jobs, 2)
  })

  clause('S44 keeps the deadline that a job was created with, and lets what is done be', async (stage) => {
    const { store, clock } = stage
    const create = (deadlineMs?: number) =>
      store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec(), deadlineMs })
    await create(100)
    const deadline = (await store.getJob(P, 'a'))?.deadlineAt
    clock.advance(1)
    for (const again of [0, 1000, undefined]) await create(again)
    assert.equal((await store.getJob(P, 'a'))?.deadlineAt, deadline)
    assert.deepEqual((await store.cancelOverdue(9)).jobs, [])
    await store.sealJob(P, 'a')
    clock.advance(99)
    assert.deepEqual((await store.cancelOverdue(9)).jobs, [])
    assert.equal((await store.getJob(P, 'a'))?.state, 'done')
  })
}

function budgetClauses(clause: Clause): void {
  clause('S45 cancels what waits when the budget is spent, and ends the job with what is open', async (stage) => {
    const { store } = stage
    await startWithBudget(stage, 'a', ['1', '2', '3', '4', '5'], 60)
    await store.sealJob(P, 'a')
    const [one, two, three] = [await openOne(stage), await openOne(stage), await openOne(stage)]
    await endWell(stage, one.explanation.id, ['1'])
    assert.equal(await statesOf(stage, 'a'), 'done open open waiting waiting')
    const spent = await endWell(stage, two.explanation.id, ['2'])
    assert.deepEqual(topics(spent), ['attributions.made', 'jobs.changed'])
    assert.equal(await statesOf(stage, 'a'), 'done done open cancelled cancelled')
    assert.deepEqual(await claim(stage), [])
    assert.equal((await store.getJob(P, 'a'))?.state, 'running')
    await endWell(stage, three.explanation.id, ['3'])
    const job = await store.getJob(P, 'a')
    assert.deepEqual([job?.state, job?.endedForwards], ['done', 90])
    assert.deepEqual(job?.spec.budget, { forwards: 60 })
  })

  clause('S45 charges the forwards of every method, of failures, and of what others had paid for', async (stage) => {
    const { store } = stage
    await startJob(stage, 'other', ['1'])
    await endWell(stage, (await openOne(stage)).explanation.id)
    const spec = { ...jobSpec({ methods: ['drise', 'random'] }), budget: { forwards: 70 } }
    await store.createJob({ project: P, id: 'a', name: 'a', spec })
    await store.addItems(P, 'a', [
      newItem('a', '1'),
      newItem('a', '1-again', '1'),
      newItem('a', '2'),
      newItem('a', '3'),
    ])
    const [one, again, two] = await claim(stage, 3)
    await store.openExplanation(one!, explanationOf(one!))
    await store.openExplanation(again!, explanationOf(again!))
    await store.openExplanation(one!, explanationOf(one!, 1))
    await endWell(stage, explanationOf(one!, 1).id)
    assert.equal((await store.getJob(P, 'a'))?.endedForwards, 60)
    assert.equal((await store.getItem(P, 'a', newItem('a', '3').id))?.state, 'waiting')
    const failing = explanationOf(two!)
    await store.openExplanation(two!, failing)
    await ask(stage, failing.id)
    await storeGood(stage, failing.id, 0)
    const sends = await endBadly(stage, failing.id)
    assert.deepEqual(topics(sends), ['jobs.changed'])
    assert.equal((await store.getItem(P, 'a', newItem('a', '3').id))?.state, 'cancelled')
    assert.equal((await store.getItem(P, 'a', two!.item))?.state, 'open')
  })

  clause('S45 lets nothing wait once the budget is spent', async (stage) => {
    const { store, clock } = stage
    await startWithBudget(stage, 'a', ['1', '2', '3'], 30)
    await store.sealJob(P, 'a')
    const { explanation } = await openOne(stage)
    await claimOne(stage, 'bob')
    await claimOne(stage, 'carol')
    await endWell(stage, explanation.id)
    assert.equal(await statesOf(stage, 'a'), 'done open open')
    clock.advance(LEASE_MS - 1)
    await store.renewLease('carol', LEASE_MS)
    clock.advance(1)
    const released = await store.releaseExpired()
    assert.deepEqual([released.items, topics(released)], [1, ['jobs.changed']])
    assert.equal(await statesOf(stage, 'a'), 'done cancelled open')
    const paused = await store.changeJob(P, 'a', 'pause')
    assert.deepEqual([paused.state, topics(paused)], ['done', ['jobs.changed']])
    assert.equal(await statesOf(stage, 'a'), 'done cancelled cancelled')
    assert.deepEqual(topics(await store.addItems(P, 'a', [newItem('a', '4')])), [])
    assert.equal(await statesOf(stage, 'a'), 'done cancelled cancelled cancelled')
    assert.deepEqual(topics(await store.sealJob(P, 'a')), ['jobs.changed'])
  })

  clause('S45 opens nothing anew for a job that has spent its budget', async (stage) => {
    const { store } = stage
    await startWithBudget(stage, 'a', ['1', '2'], 30)
    await startJob(stage, 'b', ['1'])
    const [one, shared, two] = await claim(stage)
    for (const claimed of [one, shared, two]) await store.openExplanation(claimed!, explanationOf(claimed!))
    await endBadly(stage, explanationOf(one!).id)
    await endWell(stage, explanationOf(two!).id)
    assert.deepEqual(await store.reopenFailed(P, 'a'), { items: 0, outbox: [] })
    assert.equal(await statesOf(stage, 'a'), 'failed done')
    assert.equal((await store.reopenFailed(P, 'b')).items, 1)
    await endWell(stage, explanationOf(shared!).id)
    assert.equal(await statesOf(stage, 'a'), 'done done')
  })

  clause('S45 gives nothing back for what is tried again', async (stage) => {
    const { store } = stage
    await startWithBudget(stage, 'a', ['1', '2'], 35)
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    await storeGood(stage, explanation.id, 0)
    await endBadly(stage, explanation.id)
    assert.equal((await store.reopenFailed(P, 'a')).items, 1)
    const again = await openOne(stage)
    assert.equal(again.explanation.id, explanation.id)
    await endWell(stage, explanation.id)
    assert.equal((await store.getJob(P, 'a'))?.endedForwards, 30)
    assert.equal(await statesOf(stage, 'a'), 'done cancelled')
  })
}
