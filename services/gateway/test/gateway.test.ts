import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { memoryBus } from '@fanlight/bus-memory'
import { itemId, sha256 } from '@fanlight/contracts'
import { renderThumbnail } from '@fanlight/image'
import { decodeNpy } from '@fanlight/image/npy'
import { fileImages } from '@fanlight/images-fs'
import { type Bus, isFanlightError, type Store, systemClock } from '@fanlight/ports'
import { silentLogger } from '@fanlight/service-kit'
import { createGateway, type GatewayOptions, startGateway } from '../src/index.ts'
import { ExplanationList, ItemList, ItemView, JobList } from '../src/views.ts'
import { answerHalf, hostileName, photosAbsent, project, type Seeded, seed } from './seed.ts'

suite('the gateway', { skip: photosAbsent }, () => {
  let folder: string
  let seeded: Seeded
  let bus: Bus
  let options: GatewayOptions
  let app: ReturnType<typeof createGateway>

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fanlight-gateway-'))
    seeded = await seed(systemClock, path.join(folder, 'artifacts'))
    bus = memoryBus()
    options = {
      ...seeded,
      bus,
      project,
      images: fileImages({ maxBytes: 2 ** 25 }),
      render: { thumbnail: renderThumbnail },
      webRoot: undefined,
      logger: silentLogger,
    }
    app = createGateway(options)
  })

  after(async () => {
    await app.close()
    await bus[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })
  const post = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'POST', url, headers })
  const itemUrl = (name: string) => `/v1/jobs/done/items/${seeded.items.get(name)}`
  const bear = 'photos/000000000285.jpg'

  test('gives jobs newest first, page by page, with the next one in the Link header', async () => {
    const names: string[] = []
    let url: string | undefined = '/v1/jobs?limit=1'
    while (url) {
      const answer = await get(url)
      const { jobs } = JobList.parse(answer.json())
      assert.equal(jobs.length, 1)
      names.push(jobs[0]!.id)
      url = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1]
    }
    assert.deepEqual(new Set(names), new Set(['running', 'empty', 'done']))
    assert.equal(names.length, 3)
  })

  test('gives a job with its progress', async () => {
    const job = (await get('/v1/jobs/running')).json()
    assert.equal(job.state, 'running')
    assert.deepEqual(job.openForwards, { answered: 400, asked: 800 })
    assert.equal(job.spec.seed, 9)
  })

  test('gives each photo with what was found in it, or why not', async () => {
    const { items } = ItemList.parse((await get('/v1/jobs/done/items')).json())
    const byName = new Map(items.map((item) => [item.name, item]))
    assert.equal(items.length, 9)
    assert.deepEqual(
      byName.get(bear)?.found?.targets.map(({ label }) => label),
      ['bear'],
    )
    assert.deepEqual(byName.get('photos/empty-street.jpg')?.found?.targets, [])
    assert.equal(byName.get('photos/cut-off.jpg')?.failure?.code, 'IMAGE_UNREADABLE')
    assert.equal(byName.get('photos/cut-off.jpg')?.image, null)
    assert.ok(byName.has(hostileName), 'names pass as they are: escaping them is for whoever shows them')
  })

  test('gives the photos of one state, wherever they are in the list', async () => {
    const { items } = ItemList.parse((await get('/v1/jobs/done/items?state=failed&limit=2')).json())
    assert.deepEqual(
      items.map(({ name }) => name),
      ['photos/cut-off.jpg'],
    )
  })

  test('gives explanations by method, with the command that makes each again', async () => {
    const { explanations } = ExplanationList.parse((await get(`${itemUrl(bear)}/explanations`)).json())
    assert.deepEqual(
      explanations.map(({ method }) => method.name),
      ['drise', 'box-gaussian'],
    )
    const [drise, gaussian] = explanations
    assert.match(
      drise!.command,
      /^npx fanlight explain \S+285\.jpg --model \S+yolox_nano\.onnx .*--forwards 1000 --seed 7 /,
    )
    assert.doesNotMatch(gaussian!.command, /--forwards/)
    assert.equal(drise!.result?.attributions[0]?.stability, 0.95)
  })

  test('gives a map as the NPY it is, for ever', async () => {
    const { explanations } = ExplanationList.parse((await get(`${itemUrl(bear)}/explanations`)).json())
    const { map } = explanations[0]!.result!.attributions[0]!
    const answer = await get(`/v1/maps/${map.sha256}`)
    assert.equal(sha256(answer.rawPayload), map.sha256)
    assert.deepEqual(decodeNpy(answer.rawPayload).shape, map.shape)
    assert.match(String(answer.headers['cache-control']), /immutable/)
  })

  test('gives nothing but maps under /v1/maps', async () => {
    const { explanations } = ExplanationList.parse((await get(`${itemUrl(bear)}/explanations`)).json())
    const { transcript } = explanations[0]!.result!
    assert.ok(await seeded.artifacts.has(transcript))
    assert.equal((await get(`/v1/maps/${transcript}`)).statusCode, 404)
    assert.equal((await get(`/v1/maps/${'0'.repeat(64)}`)).statusCode, 404)
    assert.equal((await get('/v1/maps/..%2f..%2fetc%2fpasswd')).statusCode, 400)
  })

  test('gives photos encoded anew, at the size that was asked for, and once', async () => {
    const answer = await get(`${itemUrl(bear)}/image?side=320`)
    assert.equal(answer.headers['content-type'], 'image/webp')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.ok(answer.rawPayload.byteLength < 40_000)
    const again = await get(`${itemUrl(bear)}/image?side=320`, { 'if-none-match': String(answer.headers.etag) })
    assert.equal(again.statusCode, 304)
    assert.equal((await get(`${itemUrl(bear)}/image?side=321`)).statusCode, 400)
  })

  test('says why a photo cannot be shown', async () => {
    const file = path.join(folder, 'later.jpg')
    await writeFile(file, 'not a picture')
    const sha = sha256('not a picture')
    const image = { sha256: sha, uri: pathToFileURL(file).href, bytes: 13 }
    const id = itemId('empty', 'later.jpg', sha)
    await seeded.store.createJob({
      project,
      id: 'odd',
      name: 'odd',
      spec: (await seeded.store.getJob(project, 'done'))!.spec,
    })
    await seeded.store.addItems(project, 'odd', [{ id, name: 'later.jpg', image, slice: {} }])
    await seeded.store.changeJob(project, 'odd', 'pause')
    const unreadable = await get(`/v1/jobs/odd/items/${id}/image`)
    assert.equal(unreadable.statusCode, 422)
    assert.match(unreadable.json().code, /^IMAGE_/)
    await rm(file)
    const missing = await createGateway({ ...options, images: fileImages({ maxBytes: 1000 }) }).inject(
      `/v1/jobs/odd/items/${id}/image`,
    )
    assert.equal(missing.statusCode, 404)
    assert.equal(missing.json().code, 'INPUT_NOT_FOUND')
    assert.equal((await get(`${itemUrl('photos/cut-off.jpg')}/image`)).statusCode, 404)
  })

  test('gives exact sums by class, and what they mean', async () => {
    const { aggregates } = (await get('/v1/jobs/done/aggregates')).json()
    const person = aggregates.find(
      ({ method, key }: { method: string; key: string }) => method === 'drise' && key === 'class=person',
    )
    assert.equal(person.targets, 11)
    const { boxShare, ringShare, farShare } = person.means
    assert.ok(Math.abs(boxShare + ringShare + farShare - 1) < 1e-6)
    assert.ok(person.sums.every((sum: unknown) => typeof sum === 'string'))
  })

  test('pauses, resumes and cancels, and says what cannot be', async () => {
    assert.deepEqual((await post('/v1/jobs/odd/resume')).json(), { state: 'running' })
    assert.deepEqual((await post('/v1/jobs/odd/pause')).json(), { state: 'paused' })
    assert.deepEqual((await post('/v1/jobs/odd/cancel')).json(), { state: 'cancelled' })
    const late = await post('/v1/jobs/odd/resume')
    assert.equal(late.statusCode, 409)
    assert.match(late.json().detail, /cancelled/)
    assert.equal((await post('/v1/jobs/nothing/pause')).statusCode, 404)
    assert.equal((await post('/v1/jobs/odd/explode')).statusCode, 400)
  })

  test('sends what a change left in the outbox, and marks it as sent', async () => {
    const messages: string[] = []
    await using _ = await bus.subscribe({ topics: ['items.ready'], group: 'test' }, async ({ body }) => {
      messages.push(JSON.parse(Buffer.from(body).toString()).job)
    })
    const unsent = async () => (await seeded.store.unsent(0, 1000)).length
    const before = await unsent()
    await post('/v1/jobs/running/pause')
    await post('/v1/jobs/running/resume')
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.ok(messages.includes('running'), String(messages))
    assert.equal(await unsent(), before)
  })

  test('describes errors as RFC 9457 problems', async () => {
    const missing = await get('/v1/jobs/nothing')
    assert.equal(missing.statusCode, 404)
    assert.match(String(missing.headers['content-type']), /^application\/problem\+json/)
    const { title, status, detail, instance } = missing.json()
    assert.deepEqual([status, instance], [404, '/v1/jobs/nothing'])
    assert.ok(title && detail.includes('nothing'))
    const bad = (await get('/v1/jobs?limit=0&cursor=%20')).json()
    assert.deepEqual(bad.errors.map(({ path }: { path: string }) => path).sort(), [
      'querystring/cursor',
      'querystring/limit',
    ])
    assert.equal((await get('/v1/jobs/%00')).statusCode, 400)
    assert.equal((await get(`/v1/jobs?cursor=${Buffer.from('a\0').toString('base64url')}`)).statusCode, 400)
    assert.equal((await get('/elsewhere')).statusCode, 404)
  })

  test('keeps what it did not foresee to its log', async () => {
    const said: unknown[] = []
    const logger = { ...silentLogger, error: (fields: object) => said.push(fields) }
    const store: Store = Object.assign(Object.create(seeded.store), {
      getJob: () => Promise.reject(new Error('password is hunter2')),
    })
    const answer = await createGateway({ ...options, store, logger: logger as never }).inject('/v1/jobs/done')
    assert.equal(answer.statusCode, 500)
    assert.doesNotMatch(answer.body, /hunter2/)
    assert.match(
      JSON.stringify(said, (_key, value) => (value instanceof Error ? value.message : value)),
      /hunter2/,
    )
  })

  test('answers under its own names only, so that no page can rebind its name to here', async () => {
    for (const host of ['localhost', 'LOCALHOST:4870', '127.0.0.1:4870', '[::1]:4870', '192.168.1.7']) {
      assert.equal((await get('/livez', { host })).statusCode, 200, host)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:4870']) {
      const answer = await get('/v1/jobs', { host })
      assert.equal(answer.statusCode, 421, host)
      assert.doesNotMatch(answer.body, /harbour/)
    }
    const named = createGateway({ ...options, allowedHosts: ['fanlight.internal'] })
    assert.equal((await named.inject({ url: '/livez', headers: { host: 'fanlight.internal' } })).statusCode, 200)
  })

  test('takes changes from its own pages and from programs, not from other pages', async () => {
    const host = 'localhost:4870'
    const url = '/v1/jobs/done/pause'
    assert.equal((await post(url, { host })).statusCode, 409)
    assert.equal(
      (await post(url, { host, origin: 'http://localhost:4870', 'sec-fetch-site': 'same-origin' })).statusCode,
      409,
    )
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'http://localhost:9999' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      assert.equal((await post(url, { host, ...headers })).statusCode, 403, JSON.stringify(headers))
    }
  })

  test('limits how often one address may ask', async () => {
    const limited = createGateway({ ...options, requestsPerMinute: 3 })
    for (let i = 0; i < 3; i += 1) assert.equal((await limited.inject('/v1/jobs')).statusCode, 200)
    const answer = await limited.inject('/v1/jobs')
    assert.equal(answer.statusCode, 429)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal((await limited.inject('/livez')).statusCode, 200, 'probes are not limited')
  })

  test('describes itself as OpenAPI 3.1', async () => {
    const description = (await get('/v1/openapi.json')).json()
    assert.match(description.openapi, /^3\.1/)
    assert.deepEqual(Object.keys(description.paths).sort(), [
      '/livez',
      '/readyz',
      '/v1/jobs',
      '/v1/jobs/{job}',
      '/v1/jobs/{job}/aggregates',
      '/v1/jobs/{job}/events',
      '/v1/jobs/{job}/items',
      '/v1/jobs/{job}/items/{item}',
      '/v1/jobs/{job}/items/{item}/explanations',
      '/v1/jobs/{job}/items/{item}/image',
      '/v1/jobs/{job}/{change}',
      '/v1/maps/{sha256}',
    ])
    const { responses } = description.paths['/v1/jobs/{job}/items'].get
    assert.ok(responses['200'].content['application/json'].schema.properties.items)
    assert.ok(responses.default.content['application/problem+json'])
  })

  test('is ready while its store answers', async () => {
    assert.equal((await get('/readyz')).statusCode, 200)
    const store: Store = Object.assign(Object.create(seeded.store), {
      listJobs: () => Promise.reject(new Error('away')),
    })
    const broken = createGateway({ ...options, store })
    assert.equal((await broken.inject('/readyz')).statusCode, 500)
    assert.equal((await broken.inject('/livez')).statusCode, 200)
  })

  test('says how to build the dashboard when it is not built', async () => {
    const answer = await get('/jobs/done')
    assert.equal(answer.statusCode, 503)
    assert.match(answer.json().detail, /npm run build/)
  })

  test('gives a page whose scripts and styles carry the nonce of its own answer', async () => {
    const webRoot = path.join(folder, 'web')
    await mkdir(path.join(webRoot, 'assets'), { recursive: true })
    await writeFile(path.join(webRoot, 'index.html'), '<script src="/assets/a.js" nonce="__FANLIGHT_NONCE__"></script>')
    await writeFile(path.join(webRoot, 'assets/a.js'), 'export {}')
    const built = createGateway({ ...options, webRoot })
    const pages = await Promise.all(['/', '/jobs/done/items/x?t=2'].map((url) => built.inject(url)))
    const nonces = pages.map(({ body }) => /nonce="([0-9a-f]+)"/.exec(body)?.[1])
    assert.notEqual(nonces[0], nonces[1])
    for (const [at, { headers }] of pages.entries()) {
      const policy = String(headers['content-security-policy'])
      assert.ok(policy.includes(`style-src 'self' 'nonce-${nonces[at]}'`), policy)
      assert.doesNotMatch(policy, /unsafe/)
    }
    assert.match(String((await built.inject('/assets/a.js')).headers['cache-control']), /immutable/)
    assert.equal((await built.inject('/assets/../index.html')).statusCode, 404)
    assert.equal((await built.inject('/assets/%2e%2e/index.html')).statusCode, 404)
  })

  test('streams progress when a job moves, and only what the client does not know yet', async (t) => {
    const gateway = await startGateway({ ...options, port: 0 })
    t.after(gateway.close)
    const url = `${gateway.url}/v1/jobs/running/events`
    const first = await eventsOf(url, {})
    const [known] = await first.next(1)
    assert.equal(known!.data.openForwards.answered, 400)
    assert.equal(known!.data.spec, undefined)
    await first.stop()

    const second = await eventsOf(url, { 'last-event-id': known!.id })
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(second.count(), 0, 'nothing has changed since')
    await answerHalf(seeded.store, 1)
    const [moved] = await second.next(1)
    assert.equal(moved!.data.openForwards.answered, 800)
    await fetch(`${gateway.url}/v1/jobs/running/pause`, { method: 'POST' })
    const paused = (await second.next(2))[1]
    assert.equal(paused!.data.state, 'paused')
  })

  test('ends its streams when it closes', async () => {
    const gateway = await startGateway({ ...options, port: 0 })
    const { ended } = await eventsOf(`${gateway.url}/v1/jobs/done/events`, {})
    await gateway.close()
    await ended
  })

  test('has no stream for a job that is not there', async () => {
    assert.equal((await get('/v1/jobs/nothing/events')).statusCode, 404)
  })

  test('says which port is in use and what to do', async (t) => {
    const gateway = await startGateway({ ...options, port: 0 })
    t.after(gateway.close)
    const port = Number(new URL(gateway.url).port)
    await assert.rejects(startGateway({ ...options, port }), (error) => {
      assert.ok(isFanlightError(error))
      assert.equal(error.code, 'PORT_IN_USE')
      assert.ok(error.message.includes(String(port)) && error.message.includes('--port'))
      return true
    })
  })

  test('forgets a photo at once', async () => {
    const { image } = ItemView.parse((await get(itemUrl(bear))).json())
    const { etag } = (await get(`${itemUrl(bear)}/image?side=320`)).headers
    await seeded.store.forgetImage(project, image!.sha256)
    const answer = await get(`${itemUrl(bear)}/image?side=320`, { 'if-none-match': String(etag) })
    assert.equal(answer.statusCode, 404)
  })
})

interface Event {
  readonly id: string
  readonly data: { state: string; spec?: unknown; openForwards: { answered: number } }
}

/** A client of server-sent events that reads in the background. */
async function eventsOf(url: string, headers: Record<string, string>) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  assert.match(String(response.headers.get('content-type')), /^text\/event-stream/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const events: Event[] = []
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
        if (field('event') === 'progress') events.push({ id: field('id')!, data: JSON.parse(field('data')!) })
      }
    }
  })().catch(() => undefined)
  return {
    ended: reading,
    count: () => events.length,
    async next(count: number) {
      const deadline = Date.now() + 5000
      while (events.length < count && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(events.length >= count, `${events.length} of ${count} events`)
      return events
    },
    async stop() {
      abort.abort()
      await reading
    },
  }
}
