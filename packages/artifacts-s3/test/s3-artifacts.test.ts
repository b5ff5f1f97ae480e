import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { S3Artifacts } from '@fanlight/artifacts-s3'
import { sha256 } from '@fanlight/contracts'
import { type Peer, peerFor, startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'
import { Bucket, optionsOf } from './bucket.ts'
import { stallingProxy } from './stalling-proxy.ts'

const putScript = fileURLToPath(new URL('./fixtures/put.ts', import.meta.url))
const absent = 'ab'.repeat(32)

/** What each method does with a bucket that cannot be used. */
const uses: Readonly<Record<string, (store: S3Artifacts) => Promise<unknown>>> = {
  check: (store) => store.check(),
  put: (store) => store.put(Buffer.from('a')),
  get: (store) => store.get(absent),
  has: (store) => store.has(absent),
  delete: (store) => store.delete(absent),
  list: (store) => Array.fromAsync(store.list()),
}

async function assertUnavailable(use: Promise<unknown>, said: readonly (RegExp | string)[], unsaid?: string) {
  await assert.rejects(use, (error) => {
    assert.ok(isFanlightError(error), String(error))
    assert.deepEqual([error.code, error.retry], ['ARTIFACTS_UNAVAILABLE', 'later'])
    for (const part of said) assert.match(error.message, new RegExp(part))
    if (unsaid) assert.ok(!JSON.stringify([error, error.message, String(error.stack)]).includes(unsaid))
    return true
  })
}

const peer = await peerFor('s3')
if ('missing' in peer) test('S3 artifacts against a server', (t) => t.skip(peer.missing))
else {
  after(() => peer[Symbol.asyncDispose]())
  suite('S3 artifacts', () => {
    testBuckets(peer)
    testObjects(peer)
    testTroubles(peer)
  })
}

function testBuckets(peer: Peer) {
  for (const [method, use] of Object.entries(uses)) {
    test(`${method} says that there is no such bucket, and where`, async () => {
      await using bucket = await Bucket.make(peer)
      const store = bucket.artifacts({ bucket: 'fanlight-absent' })
      await assertUnavailable(use(store), ['fanlight-absent', peer.url, /no such bucket: create it/])
    })

    test(`${method} says that the credentials are refused, without telling them`, async () => {
      await using bucket = await Bucket.make(peer)
      const { accessKeyId } = optionsOf(peer).credentials!
      const secretAccessKey = 'not-the-secret-of-this-server'
      for (const credentials of [
        { accessKeyId, secretAccessKey },
        { accessKeyId: 'nobody', secretAccessKey },
      ]) {
        const store = bucket.artifacts({ credentials })
        await assertUnavailable(use(store), [bucket.name, peer.url, /check the credentials/], secretAccessKey)
      }
    })
  }

  test('check makes the bucket when that is asked for, once', async () => {
    await using bucket = new Bucket(peer)
    await assertUnavailable(bucket.artifacts().check(), [bucket.name, /no such bucket/])
    const store = bucket.artifacts({ createBucket: true })
    await store.check()
    await store.check()
    await bucket.storage.createBucket(bucket.name)
    assert.equal(await store.has(await store.put(Buffer.from('a'))), true)
  })

  test('speaks TLS to a server whose CA it was given, and to no other', async (t) => {
    if (!peer.server) return t.skip('the server is not ours to set up')
    await using secure = await startPeer('s3', { tls: true })
    const args = [putScript, secure.url, 'fanlight-tls', '1', '10']
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...secure.env } })
    assert.equal(stdout.trim(), sha256(Buffer.alloc(10, 1)))
    await using bucket = new Bucket(secure)
    await assertUnavailable(bucket.artifacts().check(), [secure.url, /NODE_EXTRA_CA_CERTS/])
  })

  test('says that the region is another', async () => {
    await using bucket = await Bucket.make(peer)
    await assertUnavailable(bucket.artifacts({ region: 'mars-north-1' }).check(), [/check the region/])
  })
}

function testObjects(peer: Peer) {
  test('keeps an artifact where a folder would have it, and lists nothing else', async () => {
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts({ prefix: 'of/mine/' })
    const key = await store.put(Buffer.from('a'))
    const other = await bucket.artifacts().put(Buffer.from('b'))
    for (const path of ['README', `00/${key}`, `${key.slice(0, 2)}/${key}.old`, `${key.slice(0, 2)}/${key}/x`, key])
      await bucket.write(`of/mine/zz${path}`, Buffer.from('x'))
    await bucket.write(`of/mine/${key.startsWith('00') ? '01' : '00'}/${key}`, Buffer.from('misplaced'))
    const paths = await Array.fromAsync(bucket.storage.list(bucket.name), ({ key }) => key)
    assert.ok(paths.includes(`of/mine/${key.slice(0, 2)}/${key}`) && paths.includes(`${other.slice(0, 2)}/${other}`))
    assert.deepEqual(await Array.fromAsync(store.list()), [key])
    assert.deepEqual(await Array.fromAsync(bucket.artifacts().list()), [other])
  })

  test('repairs what was damaged when the same bytes are put again', async () => {
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts()
    const key = await store.put(Buffer.from('whole'))
    for (const damaged of ['wh', 'whale', 'wholesome', '']) {
      await bucket.write(`${key.slice(0, 2)}/${key}`, Buffer.from(damaged))
      await store.put(Buffer.from('whole'))
      assert.equal(Buffer.from(await store.get(key)).toString(), 'whole')
    }
  })

  test('takes many bytes again, though the server hangs up on what it has', async () => {
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts()
    const bytes = Buffer.alloc(20_000_000, 'fanlight')
    const key = await store.put(bytes)
    assert.equal(await store.put(bytes), key)
    await bucket.write(`${key.slice(0, 2)}/${key}`, bytes.subarray(1))
    assert.equal(await store.put(bytes), key)
    assert.ok(bytes.equals(await store.get(key)))
  })

  test('neither reads nor writes more than its limit', async () => {
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts({ maxBytes: 1000 })
    const key = await store.put(Buffer.alloc(1000))
    await bucket.write(`${key.slice(0, 2)}/${key}`, Buffer.alloc(1001))
    await assert.rejects(store.get(key), { code: 'ARTIFACT_CORRUPT' })
    await assert.rejects(store.put(Buffer.alloc(1001)), { code: 'CONFIGURATION_INVALID' })
  })

  test('lists 3,000 artifacts in ascending order, over pages', { timeout: 60_000 }, async () => {
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts({ prefix: 'many/' })
    const keys: string[] = []
    for (let start = 0; start < 3000; start += 500) {
      const texts = Array.from({ length: 500 }, (_, index) => `artifact ${start + index}`)
      keys.push(...(await Promise.all(texts.map((text) => store.put(Buffer.from(text))))))
    }
    assert.deepEqual(await Array.fromAsync(store.list()), keys.sort())
  })
}

function testTroubles(peer: Peer) {
  test('leaves nothing that can be seen when its process is killed in the middle of a put', async () => {
    await using bucket = await Bucket.make(peer)
    await using proxy = await stallingProxy(peer.url, 2_000_000)
    const bytes = 6_000_000
    const args = [putScript, proxy.url, bucket.name, '1', String(bytes)]
    const writer = spawn(process.execPath, args, { env: { ...process.env, ...peer.env }, stdio: 'inherit' })
    await proxy.stalled
    writer.kill('SIGKILL')
    await once(writer, 'close')
    await sleep(200)
    const store = bucket.artifacts()
    assert.deepEqual(await Array.fromAsync(bucket.storage.list(bucket.name)), [])
    assert.equal(await store.has(sha256(Buffer.alloc(bytes, 1))), false)
    assert.equal(await store.put(Buffer.alloc(bytes, 1)), sha256(Buffer.alloc(bytes, 1)))
  })

  test('holds only whole artifacts after its process was killed', async () => {
    await using bucket = await Bucket.make(peer)
    const args = [putScript, peer.url, bucket.name, '400', '500000']
    const env = { ...process.env, ...peer.env }
    const writer = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    writer.stdout.on('data', (chunk) => {
      printed += chunk
      if (printed.split('\n').length > 5) writer.kill('SIGKILL')
    })
    await once(writer, 'close')
    await sleep(100)
    const store = bucket.artifacts()
    const held = await Array.fromAsync(store.list())
    assert.ok(held.length < 400, 'the writer was not killed in time')
    for (const key of printed.trim().split('\n')) assert.ok(held.includes(key))
    for (const key of held) await store.get(key)
  })

  test('rejects while the server is down, and goes on when it is back', async (t) => {
    if (!peer.server) return t.skip('the server is not ours to stop')
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts()
    const key = await store.put(Buffer.from('before'))
    const busy = Array.from({ length: 200 }, (_, index) => store.put(Buffer.alloc(100_000, index)))
    const settled = Promise.allSettled(busy)
    await busy[3]
    await peer.server.stop('SIGKILL')
    const puts = await settled
    const failures = puts.filter((put) => put.status === 'rejected')
    assert.ok(failures.length > 0, 'all was put before the server was stopped')
    for (const { reason } of failures) assert.equal(reason.code, 'ARTIFACTS_UNAVAILABLE')
    try {
      for (const use of Object.values(uses))
        await assertUnavailable(use(store), [bucket.name, peer.url, /ECONNREFUSED/])
    } finally {
      await peer.server.start()
    }
    assert.equal(Buffer.from(await store.get(key)).toString(), 'before')
    for (const put of puts) if (put.status === 'fulfilled') await store.get(put.value)
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.put(Buffer.alloc(100_000, index))))
  })

  test('gives up on a server that stands still, and goes on when it moves', async (t) => {
    if (!peer.server) return t.skip('the server is not ours to stop')
    await using bucket = await Bucket.make(peer)
    const store = bucket.artifacts({ requestMs: 300, maxAttempts: 2 })
    const key = await store.put(Buffer.from('a'))
    await peer.server.pause()
    try {
      for (const use of Object.values(uses)) await assertUnavailable(use(store), [bucket.name, /no answer in time/])
    } finally {
      peer.server.resume()
    }
    assert.equal(await bucket.artifacts().has(key), true)
  })
}
