import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { isFanlightError, type Store } from '@fanlight/ports'
import { silentLogger } from '@fanlight/service-kit'
import { createGateway, type GatewayOptions, startGateway } from '../src/index.ts'
import { photosAbsent, type Seeded } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('what the gateway refuses and how it says so', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip: photosAbsent }, run)
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

  check('describes errors as RFC 9457 problems', async () => {
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
    const nul = (await get(`/v1/jobs?cursor=${Buffer.from('a\0').toString('base64url')}`)).json()
    assert.deepEqual(nul.errors, [{ path: 'querystring/cursor', message: 'is not a cursor of this API' }])
    assert.equal((await get('/elsewhere')).statusCode, 404)
  })

  check('keeps what it did not foresee to its log', async () => {
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

  check('answers under its own names only, so that no page can rebind its name to here', async () => {
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

  check('takes changes from its own pages and from programs, not from other pages', async () => {
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

  check('limits how often one address may ask', async () => {
    const limited = createGateway({ ...options, requestsPerMinute: 3 })
    for (let i = 0; i < 3; i += 1) assert.equal((await limited.inject('/v1/jobs')).statusCode, 200)
    const answer = await limited.inject('/v1/jobs')
    assert.equal(answer.statusCode, 429)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal((await limited.inject('/livez')).statusCode, 200, 'probes are not limited')
  })

  check('says how to build the dashboard when it is not built', async () => {
    const answer = await get('/jobs/done')
    assert.equal(answer.statusCode, 503)
    assert.match(answer.json().detail, /npm run build/)
  })

  check('gives a page whose scripts and styles carry the nonce of its own answer', async () => {
    const webRoot = path.join(stage.folder, 'web')
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

  check('says which port is in use and what to do', async (t) => {
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
})
