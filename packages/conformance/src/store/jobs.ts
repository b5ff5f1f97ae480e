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
  image,
  jobSpec,
  newItem,
  openOne,
  P,
  ref,
  startJob,
  storeGood,
  topics,
} from './scene.ts'

const unreadable = { code: 'IMAGE_UNREADABLE', message: 'no JPEG' }

export function jobClauses(clause: Clause): void {
  clause('S1 stores a job once', async ({ store, clock }) => {
    await store.createJob({ project: P, id: 'a', name: 'first', spec: jobSpec() })
    const before = await store.getJob(P, 'a')
    clock.advance(5)
    await store.createJob({ project: P, id: 'a', name: 'second', spec: jobSpec({ lane: 'live' }) })
    assert.deepEqual(await store.getJob(P, 'a'), before)
    assert.deepEqual([before?.name, before?.state, before?.sealed], ['first', 'running', false])
    assert.deepEqual(before?.spec, jobSpec())
    assert.equal(before?.createdAt, clock.now() - 5)
    assert.equal(await store.getJob(P, 'b'), undefined)
  })

  clause('S1 goes on with a detector that has moved', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const moved = (id = jobSpec().detector.id) => ({
      ...jobSpec({ lane: 'live' }),
      detector: { ...jobSpec().detector, id, uri: '/moved/yolo.onnx' },
    })
    await store.createJob({ project: P, id: 'a', name: 'other', spec: moved('another') })
    assert.deepEqual((await store.getJob(P, 'a'))?.spec, jobSpec())
    await store.createJob({ project: P, id: 'a', name: 'other', spec: moved() })
    const expected = { ...moved(), lane: 'bulk' }
    assert.deepEqual((await store.getJob(P, 'a'))?.spec, expected)
    assert.deepEqual((await claimOne(stage)).spec, expected)
  })

  clause('S2 goes on with an image that has moved', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'])
    const moved = { ...newItem('a', 'x'), image: { ...image('x'), uri: 'file:///moved/x' } }
    await store.addItems(P, 'a', [moved, moved, newItem('a', 'y', 'other')])
    const [x, y] = await claim(stage)
    assert.deepEqual([x?.image, y?.image], [moved.image, image('y')])
  })

  clause('S2 stores items once and rings while one of them waits', async (stage) => {
    const sends = await startJob(stage, 'a', ['x', 'y'])
    assert.deepEqual(topics(sends), ['items.ready'])
    assert.deepEqual(bodies(sends, 'items.ready'), [{ version: 1, project: P, job: 'a' }])
    const again = await stage.store.addItems(P, 'a', [newItem('a', 'x', 'other'), newItem('a', 'x', 'other')])
    assert.deepEqual(topics(again), ['items.ready'])
    assert.equal((await stage.store.getJob(P, 'a'))?.items.waiting, 2)
    await claim(stage)
    assert.deepEqual(topics(await stage.store.addItems(P, 'a', [newItem('a', 'x')])), [])
    const row = await stage.store.getItem(P, 'a', newItem('a', 'x').id)
    assert.deepEqual(row, { ...newItem('a', 'x'), project: P, job: 'a', state: 'open', failure: undefined })
    assert.equal(await stage.store.getItem(P, 'a', 'nothing'), undefined)
  })

  clause('S2 refuses items of a job that is not there', async ({ store }) => {
    await assert.rejects(store.addItems(P, 'a', [newItem('a', 'x')]), { code: 'NOT_FOUND', retry: 'never' })
    await assert.rejects(store.sealJob(P, 'a'), { code: 'NOT_FOUND', retry: 'never' })
    assert.deepEqual(await store.changeJob(P, 'a', 'pause'), { state: undefined, outbox: [] })
  })

  clause('S3 takes an item that arrives failed, and ends it there', async (stage) => {
    await startJob(stage, 'a', [])
    const failed = { id: 'broken', name: 'broken.jpg', slice: {}, failure: unreadable }
    assert.deepEqual(topics(await stage.store.addItems(P, 'a', [failed])), [])
    const row = await stage.store.getItem(P, 'a', 'broken')
    assert.deepEqual([row?.state, row?.failure, row?.image], ['failed', unreadable, undefined])
    assert.deepEqual(await claim(stage), [])
    await stage.store.sealJob(P, 'a')
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual([job?.state, job?.items.failed], ['done', 1])
  })

  clause('S3 refuses a whole batch with an item of neither image nor failure', async (stage) => {
    await startJob(stage, 'a', [])
    const nothing = { id: 'n', name: 'n', slice: {} }
    await assert.rejects(stage.store.addItems(P, 'a', [newItem('a', 'x'), nothing]), { code: 'MESSAGE_INVALID' })
    assert.equal((await stage.store.getJob(P, 'a'))?.items.waiting, 0)
  })

  clause('S4 ends a sealed job with its last item, failures or not', async (stage) => {
    await startJob(stage, 'a', ['x', 'y'])
    const first = await openOne(stage)
    const second = await openOne(stage)
    await endBadly(stage, first.explanation.id)
    assert.deepEqual(topics(await stage.store.sealJob(P, 'a')), [])
    assert.equal((await stage.store.getJob(P, 'a'))?.state, 'running')
    assert.deepEqual(topics(await endWell(stage, second.explanation.id)), ['attributions.made', 'jobs.changed'])
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual(job?.items, { waiting: 0, open: 0, done: 1, failed: 1, cancelled: 0 })
    assert.deepEqual([job?.state, job?.sealed], ['done', true])
    assert.deepEqual(topics(await stage.store.sealJob(P, 'a')), [])
  })

  clause('S4 ends an empty job when it is sealed, and a paused one with its last item', async (stage) => {
    await startJob(stage, 'empty', [])
    assert.deepEqual(topics(await stage.store.sealJob(P, 'empty')), ['jobs.changed'])
    assert.equal((await stage.store.getJob(P, 'empty'))?.state, 'done')
    await startJob(stage, 'a', ['x'], { seal: true })
    const { explanation } = await openOne(stage)
    await stage.store.changeJob(P, 'a', 'pause')
    await endWell(stage, explanation.id)
    assert.equal((await stage.store.getJob(P, 'a'))?.state, 'done')
  })

  clause('S5 goes on with a done job that gets a new item', async (stage) => {
    await startJob(stage, 'a', [], { seal: true })
    await stage.store.addItems(P, 'a', [])
    assert.equal((await stage.store.getJob(P, 'a'))?.state, 'done')
    assert.deepEqual(topics(await stage.store.addItems(P, 'a', [newItem('a', 'x')])), ['items.ready'])
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual([job?.state, job?.sealed], ['running', false])
  })

  clause('S5 cancels what arrives at a cancelled job', async (stage) => {
    await startJob(stage, 'a', ['x'])
    await stage.store.changeJob(P, 'a', 'cancel')
    assert.deepEqual(topics(await stage.store.addItems(P, 'a', [newItem('a', 'y')])), [])
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual([job?.state, job?.items.cancelled], ['cancelled', 2])
  })

  clause('S6 pauses in mid-explanation and keeps the answers that still come', async (stage) => {
    await startJob(stage, 'a', ['x', 'y'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    await storeGood(stage, explanation.id, 0)
    const paused = await stage.store.changeJob(P, 'a', 'pause')
    assert.deepEqual([paused.state, topics(paused)], ['paused', ['jobs.changed']])
    assert.equal((await stage.store.getJob(P, 'a'))?.items.waiting, 2)
    assert.equal((await stage.store.readExplanation(P, explanation.id))?.wanted, false)
    assert.deepEqual(await stage.store.startShard(ref(explanation.id, 1)), { do: 'skip' })
    assert.deepEqual(await claim(stage), [])
    await storeGood(stage, explanation.id, 1)
    const history = await stage.store.readExplanation(P, explanation.id)
    assert.deepEqual(
      history?.questions[0]?.answers.map((answer) => answer !== undefined),
      [true, true, false],
    )
    const again = await stage.store.changeJob(P, 'a', 'pause')
    assert.deepEqual([again.state, topics(again)], ['paused', []])
  })

  clause('S7 resumes from the answers that are there', async (stage) => {
    await startJob(stage, 'a', ['x', 'y'])
    const { claimed, explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    await storeGood(stage, explanation.id, 2)
    await stage.store.changeJob(P, 'a', 'pause')
    const resumed = await stage.store.changeJob(P, 'a', 'resume')
    assert.deepEqual([resumed.state, topics(resumed)], ['running', ['items.ready', 'jobs.changed']])
    assert.deepEqual(topics(await stage.store.changeJob(P, 'a', 'resume')), ['items.ready'])
    assert.deepEqual(await claimOne(stage, 'bob'), claimed)
    assert.equal((await stage.store.openExplanation(claimed, explanation)).state, 'open')
    const { asked, outbox } = await ask(stage, explanation.id, { size: 4 })
    assert.deepEqual(asked, [{ plan: [0, 10, 20, 30], missing: [0, 1] }])
    assert.equal(outbox.length, 2)
  })

  clause('S8 cancels for good', async (stage) => {
    await startJob(stage, 'a', ['x', 'y', 'z'], { seal: true })
    const done = await openOne(stage)
    await endWell(stage, done.explanation.id)
    const open = await openOne(stage)
    const cancelled = await stage.store.changeJob(P, 'a', 'cancel')
    assert.deepEqual([cancelled.state, topics(cancelled)], ['cancelled', ['jobs.changed']])
    for (const change of ['resume', 'pause', 'cancel'] as const) {
      const after = await stage.store.changeJob(P, 'a', change)
      assert.deepEqual([after.state, topics(after)], ['cancelled', []])
    }
    assert.deepEqual(topics(await endWell(stage, open.explanation.id, ['other'])), [])
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual(job?.items, { waiting: 0, open: 0, done: 1, failed: 0, cancelled: 2 })
    assert.deepEqual(await claim(stage), [])
  })

  clause('S8 leaves a done job done', async (stage) => {
    await startJob(stage, 'a', [], { seal: true })
    for (const change of ['resume', 'pause', 'cancel'] as const) {
      assert.deepEqual(await stage.store.changeJob(P, 'a', change), { state: 'done', outbox: [] })
    }
  })

  clause('S9 sums a job up', async (stage) => {
    await startJob(stage, 'a', ['x', 'twin=x', 'none', 'lost', 'open'], { methods: ['drise', 'random'] })
    const [x, twin, none, lost, open] = await claim(stage)
    for (const [claimed, targets] of [
      [x, ['t1', 't2']],
      [twin, []],
      [none, []],
    ] as const) {
      for (const nth of [0, 1]) {
        await stage.store.openExplanation(claimed!, explanationOf(claimed!, nth))
        await endWell(stage, explanationOf(claimed!, nth).id, [...targets])
      }
    }
    for (const nth of [0, 1]) await stage.store.openExplanation(lost!, explanationOf(lost!, nth))
    await ask(stage, explanationOf(lost!, 0).id)
    await storeGood(stage, explanationOf(lost!, 0).id, 0)
    await endBadly(stage, explanationOf(lost!, 0).id)
    await endWell(stage, explanationOf(lost!, 1).id, ['t3'])
    await stage.store.openExplanation(open!, explanationOf(open!))
    await ask(stage, explanationOf(open!).id)
    await storeGood(stage, explanationOf(open!).id, 2)
    const job = await stage.store.getJob(P, 'a')
    assert.deepEqual(job?.items, { waiting: 0, open: 1, done: 3, failed: 1, cancelled: 0 })
    assert.deepEqual([job?.targets, job?.itemsWithoutTargets], [5, 1])
    assert.deepEqual(job?.openForwards, { answered: 10, asked: 30 })
    assert.equal(job?.endedForwards, 5 * 30 + 10)
    assert.deepEqual((await stage.store.listJobs(P, { limit: 10 })).rows, [job])
    assert.equal(image('x').sha256, x?.image.sha256)
  })
}
