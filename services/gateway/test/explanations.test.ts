import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { renderOverlay, renderThumbnail } from '@fanlight/image'
import { decodeNpy } from '@fanlight/image/npy'
import { type Store, systemClock } from '@fanlight/ports'
import { memoryStore } from '@fanlight/store-memory'
import { createGateway } from '../src/index.ts'
import { LiveView } from '../src/live-schema.ts'
import type { OverlaysAsked } from '../src/photo-cache.ts'
import { BEAR, openLiveStage, photoBytes } from './live-stage.ts'
import { detector, photosAbsent, project } from './seed.ts'

suite('POST /v1/explanations', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) =>
    test(title, { skip: photosAbsent, timeout: 60_000 }, run)

  check('takes a photo in a form, and tells all of its explanation when it is done', async () => {
    const overlays = async ({ photo, overlays }: OverlaysAsked) => ({
      overlays: await Promise.all(overlays.map(async (drawn) => ({ png: await renderOverlay({ ...drawn, photo }) }))),
    })
    await using stage = await openLiveStage({ render: { thumbnail: renderThumbnail, overlays } })
    const answer = await stage.post(await stage.form({ detector: detector.name, methods: 'drise,box-gaussian' }))
    assert.equal(answer.status, 202)
    const asked = LiveView.parse(await answer.json())
    assert.equal(answer.headers.get('location'), `/v1/explanations/${asked.id}`)
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
    const bytes = await photoBytes(BEAR)
    assert.deepEqual(asked.image, { sha256: sha256(bytes), bytes: bytes.length, name: 'bear.jpg' })
    assert.deepEqual([asked.state, asked.progress], ['waiting', { answered: 0, asked: 0, expected: 1001 }])

    assert.equal(await stage.explainLive(), 1)
    const done = await stage.read(asked.id)
    assert.equal(done.state, 'done')
    assert.deepEqual(
      done.explanations.map(({ method, result }) => [method.name, result?.targets.map(({ label }) => label)]),
      [
        ['drise', ['bear']],
        ['box-gaussian', ['bear']],
      ],
    )
    const result = done.explanations[0]!.result!
    const [target] = result.targets
    const get = async (href: string) => {
      const file = await fetch(new URL(href, stage.url))
      assert.equal(file.status, 200, href)
      return new Uint8Array(await file.arrayBuffer())
    }
    assert.deepEqual(decodeNpy(await get(target!.map.npy)).shape, target!.map.shape)
    assert.match(Buffer.from(await get(target!.map.overlay!)).toString('latin1'), /^\x89PNG/)
    assert.equal(sha256(await get(result.transcript.href)), result.transcript.sha256)
    assert.ok((await get(done.links.photo!)).length > 1000)
    const { width, height } = result
    assert.deepEqual([width, height, target!.objective], [586, 640, 'score'])
    const elsewhere = `${stage.url}/${asked.id}/transcripts/${target!.map.sha256}`
    assert.equal((await fetch(elsewhere)).status, 404, 'only what is a transcript of this explanation')
  })

  check('tells where intervals are, draws them, and says on the picture why a map should not be believed', async () => {
    let drawn: OverlaysAsked['overlays'] = []
    const overlays = async (asked: OverlaysAsked) => {
      drawn = asked.overlays
      return { overlays: [{ png: await renderOverlay({ ...asked.overlays[0]!, photo: asked.photo }) }] }
    }
    await using stage = await openLiveStage({ render: { thumbnail: renderThumbnail, overlays } })
    const asked = LiveView.parse(
      await (await stage.post(await stage.form({ detector: detector.name, methods: 'drise' }))).json(),
    )
    await stage.explainLive(1, 3)
    const [plain, fitted, doubtful] = (await stage.read(asked.id)).explanations[0]!.result!.targets
    const get = async (href: string) => new Uint8Array(await (await fetch(new URL(href, stage.url))).arrayBuffer())
    assert.deepEqual([plain!.interval, plain!.doubts], [undefined, []])
    assert.deepEqual(decodeNpy(await get(fitted!.interval!.map.npy)).shape, fitted!.map.shape)
    await get(fitted!.map.overlay!)
    assert.deepEqual(
      [drawn[0]!.halfWidths?.length, drawn[0]!.caution],
      [fitted!.map.shape[0] * fitted!.map.shape[1], undefined],
    )
    await get(doubtful!.map.overlay!)
    assert.match(drawn[0]!.caution!, /^⚠ Doubtful: scores without evidence \(30 %\)\nWith everything hidden/)
  })

  check('takes a photo as the body, with what is asked in the query', async () => {
    await using stage = await openLiveStage()
    const query = `?detector=${detector.id}&methods=drise&params=${encodeURIComponent('{"drise":{"grid":5}}')}&forwards=102&seed=9&minScore=0.5&objectives=class,box&maxTargets=3`
    const answer = await stage.post(await photoBytes(BEAR), { 'content-type': 'image/jpeg' }, query)
    assert.equal(answer.status, 202)
    const { id } = LiveView.parse(await answer.json())
    const { spec } = (await stage.options.store.getJob(project, id))!
    const { method = undefined, ...rest } = { ...spec, method: spec.methods[0] }
    assert.deepEqual([method?.params.grid, method?.params.masks], [5, 100])
    assert.deepEqual([rest.seed, rest.lane], [9, 'live'])
    assert.deepEqual(rest.policy, {
      kind: 'detections',
      minScore: 0.5,
      maxTargets: 3,
      objectives: ['class', 'box'],
    })
  })

  check('takes a photo by reference, hashed where it lies or as it is told', async () => {
    const image = { sha256: sha256('bear'), bytes: 4 }
    const read: string[] = []
    const locate = async (uri: string) => {
      read.push(uri)
      return { ...image, uri }
    }
    await using stage = await openLiveStage({ locate })
    const post = async (given: object) =>
      stage.post(JSON.stringify({ detector: detector.name, ...given }), { 'content-type': 'application/json' })
    const uri = 's3://photos/a%20bear.jpg'
    const located = LiveView.parse(await (await post({ image: { uri } })).json())
    assert.deepEqual(located.image, { ...image, name: uri })
    const told = LiveView.parse(await (await post({ image: { uri, ...image } })).json())
    assert.equal(told.id, located.id, 'the same bytes are the same request')
    assert.deepEqual(read, [uri])
    const replaced = await post({ image: { uri, sha256: sha256('cat') } })
    assert.equal(replaced.status, 409)
    assert.match((await replaced.json()).detail, /replaced/)

    assert.equal((await post({ image: { uri: 'file:///etc/passwd' } })).status, 403)
    for (const bad of ['http://169.254.169.254/', 'artifact:00', 's3:///key', '/etc/passwd', 'file:relative']) {
      assert.equal((await post({ image: { uri: bad } })).status, 422, bad)
    }
    assert.deepEqual(read, [uri, uri], 'nothing else was touched')
  })

  check('reads files of its machine only where that is allowed', async () => {
    const locate = async (uri: string) => ({ uri, sha256: sha256('x'), bytes: 1 })
    await using stage = await openLiveStage({ locate, allowFiles: true })
    const body = JSON.stringify({ detector: detector.name, image: { uri: 'file:///photos/a.jpg' } })
    assert.equal((await stage.post(body, { 'content-type': 'application/json' })).status, 202)
  })

  check('works once on what is asked twice, and again on what was cancelled', async () => {
    await using stage = await openLiveStage()
    const post = async (fields = {}) => {
      const answer = await stage.post(await stage.form({ detector: detector.name, ...fields }))
      return { status: answer.status, id: LiveView.parse(await answer.json()).id }
    }
    const first = await post()
    assert.deepEqual(await post(), first)
    assert.notEqual((await post({ seed: '1' })).id, first.id)
    assert.equal(await stage.explainLive(1), 1)
    assert.deepEqual(await post(), { status: 200, id: first.id })

    const ids = new Set<string>()
    for (let turn = 0; turn < 9; turn += 1) {
      const { id } = await post({ seed: '2' })
      ids.add(id)
      const cancelled = await fetch(`${stage.url}/${id}`, { method: 'DELETE' })
      assert.deepEqual([cancelled.status, (await cancelled.json()).state], [200, 'cancelled'])
    }
    assert.equal(ids.size, 9)
    const gone = await fetch(`${stage.url}/${first.id}`, { method: 'DELETE' })
    assert.equal(gone.status, 409, 'what is done is not cancelled')
  })

  check('tries a failure by chance again when it is asked for again, and one of the bytes not', async () => {
    await using stage = await openLiveStage()
    const { store } = stage.options
    await store.renewLease('seed', 3_600_000)
    const ids: string[] = []
    for (const code of ['WORKER_CRASHED', 'MODEL_OUTPUT_INVALID', 'MODEL_OUTPUT_INVALID']) {
      const answer = LiveView.parse(await (await stage.post(await stage.form())).json())
      ids.push(answer.id)
      const [claim] = await store.claimItems('seed', 1)
      if (!claim) continue
      const id = sha256('explanation')
      await store.openExplanation(claim, { id, image: claim.image, method: claim.spec.methods[0]!, spec: claim.spec })
      await store.endExplanation(project, id, { ok: false, failure: { code, message: 'it broke' } })
      const failed = await stage.read(answer.id)
      assert.deepEqual([failed.state, failed.failure?.code], ['failed', code])
    }
    assert.notEqual(ids[0], ids[1])
    assert.ok(ids.slice(0, 2).includes(ids[2]!), 'both have that failure now')
  })

  check('has one request for a key, whoever comes first', async () => {
    await using stage = await openLiveStage({ maxWaitingLive: 5 })
    const image = { uri: 's3://photos/bear.jpg', sha256: sha256('bear'), bytes: 4 }
    const app = createGateway(stage.options)
    const post = async (given: object, key: string) => {
      const payload = { detector: detector.name, image, ...given }
      const headers = { 'idempotency-key': key }
      return app.inject({ method: 'POST', url: '/v1/explanations', payload, headers })
    }
    const answers = await Promise.all(Array.from({ length: 1000 }, () => post({}, '8e03978e')))
    assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([202]))
    const views = answers.map((answer) => LiveView.parse(answer.json()))
    const [id, ...others] = new Set(views.map(({ id }) => id))
    assert.deepEqual(others, [])
    const { rows } = await stage.options.store.listItems(project, id!, { limit: 10 })
    assert.equal(rows.length, 1)
    assert.equal((await post({}, '"8e03978e"')).json().id, id, 'quotes are none of the key')

    for (const other of [{ seed: 1 }, { image: { ...image, sha256: sha256('cat') } }, { maxTargets: 1 }]) {
      const refused = await post(other, '8e03978e')
      assert.equal(refused.statusCode, 422)
      assert.match(refused.json().detail, /Idempotency-Key/)
    }
    // Together, so that the store decides: one image is explained, the other refused.
    const rivals = ['one', 'two', 'three'].map((name) => ({ image: { ...image, sha256: sha256(name) } }))
    const statuses = (await Promise.all(rivals.map((rival) => post(rival, 'rivals')))).map(
      ({ statusCode }) => statusCode,
    )
    assert.deepEqual(statuses.sort(), [202, 422, 422])
    await app.close()
  })

  check('explains one image for a key, though two servers take another one each at a time', async () => {
    await using stage = await openLiveStage()
    const { store } = stage.options
    const bothRead = Promise.withResolvers<void>()
    let reads = 0
    const getJob: Store['getJob'] = async (project, id) => {
      const job = await store.getJob(project, id)
      reads += 1
      if (reads === 2) bothRead.resolve()
      if (reads <= 2) await bothRead.promise
      return job
    }
    const options = { ...stage.options, store: Object.assign(Object.create(store), { getJob }) }
    const answers = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const payload = { detector: detector.name, image: { uri: `s3://a/${name}`, sha256: sha256(name), bytes: 3 } }
        const headers = { 'idempotency-key': 'same' }
        const app = createGateway(options)
        const answer = await app.inject({ method: 'POST', url: '/v1/explanations', payload, headers })
        await app.close()
        return answer
      }),
    )
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [202, 422])
    const { id } = LiveView.parse(answers.find(({ statusCode }) => statusCode === 202)!.json())
    assert.equal((await store.listItems(project, id, { limit: 10 })).rows.length, 1)
  })

  check('keeps the request of a key that was cancelled', async () => {
    await using stage = await openLiveStage()
    const headers = { 'idempotency-key': 'once' }
    const { id } = LiveView.parse(await (await stage.post(await stage.form(), headers)).json())
    await fetch(`${stage.url}/${id}`, { method: 'DELETE' })
    const again = await stage.post(await stage.form(), headers)
    const view = LiveView.parse(await again.json())
    assert.deepEqual([again.status, view.id, view.state], [200, id, 'cancelled'])
    assert.equal(view.problem?.status, 410)
  })

  check('refuses what would wait too long, with the time to come again, until there is room', async () => {
    await using stage = await openLiveStage({ maxWaitingLive: 3 })
    const post = async (seed: number) => stage.post(await stage.form({ detector: detector.name, seed: String(seed) }))
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(post))
    assert.ok(answers.filter(({ status }) => status === 202).length <= 3)
    const refused = answers.find(({ status }) => status === 429)!
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
    assert.match((await refused.json()).detail, /3 explanations/)
    // Of those that come at once it is chance who finds room.
    const taken = answers.flatMap(({ status }, i) => (status === 202 ? [i + 1] : []))
    for (let seed = 10; taken.length < 3; seed += 1) if ((await post(seed)).status === 202) taken.push(seed)
    assert.equal((await post(9)).status, 429)
    assert.equal((await post(taken[0]!)).status, 202, 'what is taken already is told of')
    await stage.explainLive(1)
    assert.equal((await post(9)).status, 202)
  })

  check('waits for the end when it is asked to, and no longer', async () => {
    await using stage = await openLiveStage()
    const prefer = { prefer: 'respond-async, wait=20' }
    const soon = stage.post(await stage.form(), prefer)
    const explained = (async () => {
      while ((await stage.explainLive()) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    })()
    const [answer] = await Promise.all([soon, explained])
    assert.deepEqual([answer.status, answer.headers.get('preference-applied')], [200, 'wait=20'])
    assert.equal(LiveView.parse(await answer.json()).state, 'done')

    const start = performance.now()
    const late = await stage.post(await stage.form({ detector: detector.name, seed: '5' }), { prefer: 'wait=1' })
    assert.equal(late.status, 202)
    const waited = performance.now() - start
    assert.ok(waited >= 950 && waited < 5000, `${waited} ms`)
    const { id } = LiveView.parse(await late.json())
    const read = await fetch(`${stage.url}/${id}`, { headers: { prefer: 'wait=1' } })
    assert.deepEqual([read.status, read.headers.get('preference-applied')], [200, 'wait=1'])
  })

  check('counts a deadline by the clock of the store, whatever its own says', async () => {
    const clock = { ...systemClock, now: () => Date.now() - 3_600_000 }
    await using store = memoryStore({ clock })
    await store.putDetector(project, detector)
    await using stage = await openLiveStage({ store })
    const form = await stage.form({ detector: detector.name, deadlineMs: '60000' })
    const { id, deadlineAt, createdAt } = LiveView.parse(await (await stage.post(form)).json())
    assert.equal(deadlineAt! - createdAt, 60_000)
    assert.equal((await stage.read(id)).state, 'waiting')
    const ask = { detector: detector.name, source: 's3://photos/', deadlineMs: 60_000 }
    const [body, headers] = [JSON.stringify(ask), { 'content-type': 'application/json' }]
    const job = await (await fetch(new URL('/v1/jobs', stage.url), { method: 'POST', body, headers })).json()
    assert.equal(job.deadlineAt - job.createdAt, 60_000)
  })

  check('cancels what is not done by its deadline, and says so', async () => {
    await using stage = await openLiveStage()
    for (const deadlineMs of ['0', '-5', '999', '1e12', '86400001', '1.5', 'soon', '']) {
      const refused = await stage.post(await stage.form({ detector: detector.name, deadlineMs }))
      assert.equal(refused.status, 400, deadlineMs)
      assert.equal((await refused.json()).errors[0].path, 'deadlineMs')
    }
    const form = await stage.form({ detector: detector.name, deadlineMs: '1000' })
    const { id, deadlineAt, createdAt } = LiveView.parse(await (await stage.post(form)).json())
    assert.ok(Math.abs(deadlineAt! - createdAt - 1000) < 500)
    assert.equal((await stage.read(id)).state, 'waiting')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const late = await stage.read(id)
    assert.deepEqual([late.state, late.problem?.status, late.problem?.title], ['cancelled', 504, 'The deadline passed'])
    assert.equal((await stage.options.store.getJob(project, id))?.state, 'cancelled', 'nobody works on it any more')
  })
})
