import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { JobSummary, sha256 } from '@fanlight/contracts'
import { createGateway } from '../src/index.ts'
import { DeadLetterList, DetectorList } from '../src/operation-views.ts'
import { detector, photosAbsent, project } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('detectors, jobs and dead letters over HTTP', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip: photosAbsent }, run)
  let stage: Stage
  let app: ReturnType<typeof createGateway>

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    app = createGateway(stage.options)
    await stage.options.store.putDetector(project, detector)
  })

  after(async () => {
    await app?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const get = (url: string) => app.inject({ method: 'GET', url })
  const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, ...(payload && { payload }) })

  check('lists detectors page by page, without their places', async () => {
    await stage.options.store.putDetector(project, { ...detector, id: sha256('another'), name: 'another.onnx' })
    const first = await get('/v1/detectors?limit=1')
    const { detectors, next } = DetectorList.parse(first.json())
    assert.deepEqual(
      detectors.map(({ name }) => name),
      ['another.onnx'],
    )
    assert.match(String(first.headers.link), /rel="next"/)
    const second = await get(`/v1/detectors?limit=1&cursor=${next}`)
    assert.deepEqual(second.json().detectors, [
      {
        id: detector.id,
        name: detector.name,
        sha256: detector.sha256,
        family: 'yolox',
        width: 416,
        height: 416,
        classes: 80,
      },
    ])
    assert.doesNotMatch(first.body + second.body, /file:|models/)
  })

  check('leaves a job over a prefix to whoever lists sources, once however often it is asked for', async () => {
    const ask = {
      detector: detector.name,
      source: 's3://photos/2026/',
      methods: ['box-gaussian'],
      maxPhotos: 7,
      budget: 5000,
      deadlineMs: 60_000,
    }
    const answer = await post('/v1/jobs', ask)
    assert.equal(answer.statusCode, 202)
    const job = JobSummary.parse(answer.json())
    assert.equal(answer.headers.location, `/v1/jobs/${job.id}`)
    assert.equal(job.name, `${detector.name} on s3://photos/2026/`)
    assert.deepEqual([job.spec.lane, job.spec.budget, job.state], ['bulk', { forwards: 5000 }, 'running'])
    assert.ok(Math.abs(job.deadlineAt! - job.createdAt - 60_000) < 1000)
    const { store } = stage.options
    assert.deepEqual((await store.readSource(project, job.id))?.source, { uri: 's3://photos/2026/', maxPhotos: 7 })
    assert.equal((await post('/v1/jobs', ask)).json().id, job.id)
    assert.notEqual((await post('/v1/jobs', { ...ask, maxPhotos: 8 })).json().id, job.id)
    await store.changeJob(project, job.id, 'cancel')
    assert.notEqual((await post('/v1/jobs', ask)).json().id, job.id, 'a cancelled one stays cancelled')
  })

  check('refuses jobs over what is no prefix, over its own files, and with params of nobody', async () => {
    const ask = { detector: detector.name, source: 's3://photos/' }
    for (const [more, status] of [
      [{ source: 'file:///etc/' }, 403],
      [{ source: 'https://evil.example/' }, 400],
      [{ source: 's3:///' }, 400],
      [{ budget: 0 }, 400],
      [{ maxPhotos: 1.5 }, 400],
      [{ name: 'x'.repeat(201) }, 400],
      [{ deadlineMs: -1 }, 400],
      [{ methods: ['magic'] }, 400],
      [{ detector: 'nothing' }, 404],
    ] as const) {
      assert.equal((await post('/v1/jobs', { ...ask, ...more })).statusCode, status, JSON.stringify(more))
    }
  })

  check('lists the dead letters of its own project without their bodies, and replays them', async () => {
    const { store, bus } = stage.options
    const letter = {
      topic: 'jobs.changed',
      key: 'done',
      headers: { 'ce-id': 'first', 'fanlight-error': 'x' },
      bodyBase64: Buffer.from(JSON.stringify({ version: 1, project, job: 'done' })).toString('base64'),
      code: 'MESSAGE_INVALID',
      error: '\u001b[31mbroken',
      attempts: 3,
      at: 1,
    }
    await store.recordDeadLetter({ ...letter, id: 'mine', project })
    await store.recordDeadLetter({ ...letter, id: 'shard', project, topic: 'questions.live' })
    await store.recordDeadLetter({ ...letter, id: 'theirs', project: 'other' })
    await store.recordDeadLetter({ ...letter, id: 'nobodys' })
    const answer = await get('/v1/dead-letters')
    const { letters } = DeadLetterList.parse(answer.json())
    assert.deepEqual(letters.map(({ id }) => id).sort(), ['mine', 'shard'])
    assert.doesNotMatch(answer.body, new RegExp(letter.bodyBase64))
    assert.equal(DeadLetterList.parse((await get('/v1/dead-letters?limit=1')).json()).letters.length, 1)

    const heard: string[] = []
    await using _ = await bus.subscribe({ topics: ['jobs.changed'], group: 'test' }, async ({ key }) => {
      heard.push(key)
    })
    const replayed = await post('/v1/dead-letters/mine/replay')
    assert.deepEqual([replayed.statusCode, replayed.json()], [200, { replay: 'published' }])
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(heard, ['done'])
    const { letters: after } = DeadLetterList.parse((await get('/v1/dead-letters')).json())
    assert.equal(after.find(({ id }) => id === 'mine')?.replays, 1)
    for (const id of ['theirs', 'nobodys', 'none', '..%2fmine']) {
      assert.ok([400, 404].includes((await post(`/v1/dead-letters/${id}/replay`)).statusCode), id)
    }
    assert.equal((await store.getDeadLetter('theirs'))?.replays, 0)
  })
})
