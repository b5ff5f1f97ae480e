import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { itemId, sha256 } from '@fanlight/contracts'
import { decodeNpy } from '@fanlight/image/npy'
import { fileImages } from '@fanlight/images-fs'
import type { Store } from '@fanlight/ports'
import { createGateway, type GatewayOptions } from '../src/index.ts'
import { ExplanationList, ItemList, ItemView, JobList } from '../src/views.ts'
import { hostileName, photosAbsent, project, type Seeded } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('the gateway', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) =>
    test(title, { skip: photosAbsent, timeout: 60_000 }, run)
  let stage: Stage
  let seeded: Seeded
  let options: GatewayOptions
  let app: ReturnType<typeof createGateway>

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    ;({ seeded, options } = stage)
    app = createGateway(options)
  })

  after(async () => {
    await app?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })
  const post = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'POST', url, headers })
  const itemUrl = (name: string) => `/v1/jobs/done/items/${seeded.items.get(name)}`
  const bear = 'photos/000000000285.jpg'

  check('gives jobs newest first, page by page, with the next one in the Link header', async () => {
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

  check('gives a job with its progress', async () => {
    const job = (await get('/v1/jobs/running')).json()
    assert.equal(job.state, 'running')
    assert.deepEqual(job.openForwards, { answered: 400, asked: 800 })
    assert.equal(job.spec.seed, 9)
  })

  check('gives each photo with what was found in it, or why not', async () => {
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

  check('gives the photos of one state, wherever they are in the list', async () => {
    const { items } = ItemList.parse((await get('/v1/jobs/done/items?state=failed&limit=2')).json())
    assert.deepEqual(
      items.map(({ name }) => name),
      ['photos/cut-off.jpg'],
    )
  })

  check('gives explanations by method, with the command that makes each again', async () => {
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

  check('gives a map as the NPY it is, for ever', async () => {
    const { explanations } = ExplanationList.parse((await get(`${itemUrl(bear)}/explanations`)).json())
    const { map } = explanations[0]!.result!.attributions[0]!
    const answer = await get(`/v1/maps/${map.sha256}`)
    assert.equal(sha256(answer.rawPayload), map.sha256)
    assert.deepEqual(decodeNpy(answer.rawPayload).shape, map.shape)
    assert.match(String(answer.headers['cache-control']), /immutable/)
  })

  check('gives nothing but maps under /v1/maps', async () => {
    const { explanations } = ExplanationList.parse((await get(`${itemUrl(bear)}/explanations`)).json())
    const { transcript } = explanations[0]!.result!
    assert.ok(await seeded.artifacts.has(transcript))
    assert.equal((await get(`/v1/maps/${transcript}`)).statusCode, 404)
    assert.equal((await get(`/v1/maps/${'0'.repeat(64)}`)).statusCode, 404)
    assert.equal((await get('/v1/maps/..%2f..%2fetc%2fpasswd')).statusCode, 400)
  })

  check('gives photos encoded anew, at the size that was asked for, and once', async () => {
    const answer = await get(`${itemUrl(bear)}/image?side=320`)
    assert.equal(answer.headers['content-type'], 'image/webp')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.ok(answer.rawPayload.byteLength < 40_000)
    const again = await get(`${itemUrl(bear)}/image?side=320`, { 'if-none-match': String(answer.headers.etag) })
    assert.equal(again.statusCode, 304)
    assert.equal((await get(`${itemUrl(bear)}/image?side=321`)).statusCode, 400)
  })

  check('says why a photo cannot be shown', async () => {
    const file = path.join(stage.folder, 'later.jpg')
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

  check('gives exact sums by class, and what they mean', async () => {
    const { aggregates } = (await get('/v1/jobs/done/aggregates')).json()
    const person = aggregates.find(
      ({ method, key }: { method: string; key: string }) => method === 'drise' && key === 'class=person',
    )
    assert.equal(person.targets, 11)
    const { boxShare, ringShare, farShare } = person.means
    assert.ok(Math.abs(boxShare + ringShare + farShare - 1) < 1e-6)
    assert.ok(person.sums.every((sum: unknown) => typeof sum === 'string'))
  })

  check('pauses, resumes and cancels, and says what cannot be', async () => {
    assert.deepEqual((await post('/v1/jobs/odd/resume')).json(), { state: 'running' })
    assert.deepEqual((await post('/v1/jobs/odd/pause')).json(), { state: 'paused' })
    assert.deepEqual((await post('/v1/jobs/odd/cancel')).json(), { state: 'cancelled' })
    const late = await post('/v1/jobs/odd/resume')
    assert.equal(late.statusCode, 409)
    assert.match(late.json().detail, /cancelled/)
    assert.equal((await post('/v1/jobs/nothing/pause')).statusCode, 404)
    assert.equal((await post('/v1/jobs/odd/explode')).statusCode, 400)
  })

  check('sends what a change left in the outbox, and marks it as sent', async () => {
    const messages: string[] = []
    await using _ = await options.bus.subscribe({ topics: ['items.ready'], group: 'test' }, async ({ body }) => {
      messages.push(JSON.parse(Buffer.from(body).toString()).job)
    })
    const unsent = async () => (await seeded.store.unsent(0, 1000)).length
    const before = await unsent()
    await post('/v1/jobs/running/pause')
    await post('/v1/jobs/running/resume')
    // The test's own limit ends a message that never comes.
    while (!messages.includes('running')) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(await unsent(), before)
  })

  check('describes itself as OpenAPI 3.1', async () => {
    const description = (await get('/v1/openapi.json')).json()
    assert.match(description.openapi, /^3\.1/)
    assert.deepEqual(Object.keys(description.paths).sort(), [
      '/livez',
      '/readyz',
      '/v1/dead-letters',
      '/v1/dead-letters/{id}/replay',
      '/v1/detectors',
      '/v1/detectors/{id}/activations',
      '/v1/detectors/{id}/channels',
      '/v1/detectors/{id}/dream',
      '/v1/detectors/{id}/kernels',
      '/v1/detectors/{id}/network',
      '/v1/explanations',
      '/v1/explanations/{id}',
      '/v1/explanations/{id}/overlays/{explanation}/{target}',
      '/v1/explanations/{id}/transcripts/{sha256}',
      '/v1/jobs',
      '/v1/jobs/{job}',
      '/v1/jobs/{job}/aggregates',
      '/v1/jobs/{job}/comparison',
      '/v1/jobs/{job}/events',
      '/v1/jobs/{job}/items',
      '/v1/jobs/{job}/items/{item}',
      '/v1/jobs/{job}/items/{item}/explanations',
      '/v1/jobs/{job}/items/{item}/image',
      '/v1/jobs/{job}/{change}',
      '/v1/maps/{sha256}',
      '/v1/pictures/{name}',
    ])
    const { responses } = description.paths['/v1/jobs/{job}/items'].get
    assert.ok(responses['200'].content['application/json'].schema.properties.items)
    assert.ok(responses.default.content['application/problem+json'])
    const { requestBody, parameters } = description.paths['/v1/explanations'].post
    assert.deepEqual(Object.keys(requestBody.content), ['application/json', 'multipart/form-data', 'image/*'])
    assert.equal(requestBody.content['multipart/form-data'].schema.properties.image.format, 'binary')
    assert.deepEqual(requestBody.content['application/json'].schema.required, ['detector', 'image'])
    const named = parameters.map(({ in: place, name }: { in: string; name: string }) => `${place} ${name}`)
    for (const name of ['header idempotency-key', 'header prefer', 'query detector', 'query deadlineMs']) {
      assert.ok(named.includes(name), name)
    }
  })

  check('is ready while its store answers', async () => {
    assert.equal((await get('/readyz')).statusCode, 200)
    const store: Store = Object.assign(Object.create(seeded.store), {
      listJobs: () => Promise.reject(new Error('away')),
    })
    const broken = createGateway({ ...options, store })
    assert.equal((await broken.inject('/readyz')).statusCode, 500)
    assert.equal((await broken.inject('/livez')).statusCode, 200)
  })

  check('forgets a photo at once', async () => {
    const { image } = ItemView.parse((await get(itemUrl(bear))).json())
    const { etag } = (await get(`${itemUrl(bear)}/image?side=320`)).headers
    await seeded.store.forgetImage(project, image!.sha256)
    const answer = await get(`${itemUrl(bear)}/image?side=320`, { 'if-none-match': String(etag) })
    assert.equal(answer.statusCode, 404)
  })
})
