import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { InputError, isFanlightError } from '@fanlight/ports'
import { type ObjectStorage, StorageError } from '@fanlight/s3'
import { page, refuse, standIn } from './stand-in.ts'

const sha256 = 'ab'.repeat(32)
const limit = { maxBytes: 1000, refuse: (bytes: number) => new InputError('IMAGE_TOO_LARGE', `${bytes} bytes`) }

const isUnavailable =
  (reason: string, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof StorageError, String(error))
    assert.deepEqual([error.code, error.retry, error.reason], ['ARTIFACTS_UNAVAILABLE', 'later', reason])
    assert.match(error.message, message)
    assert.ok(!`${error.stack}`.includes('the-secret'))
    return true
  }

async function readAll(storage: ObjectStorage): Promise<number> {
  using object = await storage.open('photos', 'a')
  let bytes = 0
  for await (const chunk of object!.chunks(limit)) bytes += chunk.byteLength
  return bytes
}

suite('object storage: requests', () => {
  test('puts with the checksum of the bytes, and on a condition if that is asked for', async () => {
    await using server = await standIn((_, response) => response.end())
    using storage = server.storage()
    assert.equal(await storage.put('photos', 'a/b', Buffer.from('abc'), { sha256, ifAbsent: true }), true)
    assert.equal(await storage.put('photos', 'a/b', Buffer.from('abc'), { sha256 }), true)
    const [first, second] = server.seen
    assert.deepEqual([first!.method, first!.url.pathname, first!.body], ['PUT', '/photos/a/b', 'abc'])
    assert.equal(first!.headers['x-amz-checksum-sha256'], Buffer.from(sha256, 'hex').toString('base64'))
    assert.deepEqual([first!.headers['if-none-match'], second!.headers['if-none-match']], ['*', undefined])
  })

  for (const [status, code] of [
    [412, 'PreconditionFailed'],
    [409, 'ConditionalRequestConflict'],
    [501, 'NotImplemented'],
  ] as const) {
    test(`says that nothing was put when the server answers ${status} to the condition`, async () => {
      await using server = await standIn((_, response) => refuse(response, status, code))
      using storage = server.storage({ maxAttempts: 1 })
      assert.equal(await storage.put('photos', 'a', Buffer.from('a'), { sha256, ifAbsent: true }), false)
      await assert.rejects(storage.put('photos', 'a', Buffer.from('a'), { sha256 }), isUnavailable(code))
    })
  }

  test('tries again when the server is busy, and no longer than it was told', async () => {
    await using server = await standIn((_, response, before) => {
      if (before < 2) refuse(response, 503, 'SlowDown')
      else if (before === 2) response.end()
      else refuse(response, 500, 'InternalError')
    })
    using storage = server.storage({ maxAttempts: 3 })
    assert.equal(await storage.put('photos', 'a', Buffer.from('a'), { sha256 }), true)
    assert.equal(server.seen.length, 3)
    await assert.rejects(storage.delete('photos', 'a'), isUnavailable('InternalError', /"photos" at http.*overloaded/))
    assert.equal(server.seen.length, 6)
  })

  test('lets requests wait for a connection longer than one may take', async () => {
    await using server = await standIn((_, response) => setTimeout(() => response.end('a'), 150))
    using storage = server.storage({ maxSockets: 2, connectMs: 1000, requestMs: 1000, maxAttempts: 1 })
    const deleted = Array.from({ length: 10 }, () => storage.delete('photos', 'a'))
    const read = Array.from({ length: 10 }, () => readAll(storage))
    await Promise.all(deleted)
    assert.deepEqual(await Promise.all(read), Array(10).fill(1))
  })

  test('does not take a refusal to give credentials for one of the bucket', async (t) => {
    const kept = { ...process.env }
    const folder = await mkdtemp(join(tmpdir(), 'fanlight-token-'))
    t.after(() => {
      process.env = kept
      return rm(folder, { recursive: true })
    })
    await writeFile(join(folder, 'token'), 'a.b.c')
    await using server = await standIn((_, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' })
      response.end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no role</Message></Error></ErrorResponse>')
    })
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) delete process.env[name]
    process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'token')
    process.env.AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/fanlight'
    process.env.AWS_ENDPOINT_URL_STS = server.endpoint
    using storage = server.storage({ credentials: undefined, maxAttempts: 1 })
    await assert.rejects(storage.open('photos', 'a'), isUnavailable('CredentialsProviderError', /no role.*credentials/))
    assert.match(server.seen[0]!.body, /AssumeRoleWithWebIdentity/)
  })

  test('escapes what the server says, and shortens it', async () => {
    await using server = await standIn((_, response) =>
      refuse(response, 403, 'AccessDenied', `\u001b[31m${'x'.repeat(9999)}`),
    )
    using storage = server.storage()
    await assert.rejects(storage.check('photos'), (error) => {
      assert.ok(isFanlightError(error))
      assert.ok(error.message.length < 600 && !error.message.includes('\u001b'), error.message)
      return isUnavailable('AccessDenied', /allow s3:GetObject/)(error)
    })
  })

  test('does not show the password in an endpoint', async () => {
    await using server = await standIn((_, response) => refuse(response, 403, 'AccessDenied'))
    using storage = server.storage({ endpoint: server.endpoint.replace('//', '//user:pass-word@') })
    await assert.rejects(storage.check('photos'), (error) => {
      assert.ok(!(error as Error).message.includes('pass-word'), (error as Error).message)
      return true
    })
  })

  test('takes a head without a body for no proof that the object is absent', async () => {
    await using server = await standIn(({ method }, response) => {
      if (method === 'HEAD') response.writeHead(404).end()
      else refuse(response, 404, 'NoSuchBucket')
    })
    using storage = server.storage()
    await assert.rejects(storage.head('photos', 'a'), isUnavailable('NoSuchBucket', /no such bucket: create it/))
  })
})

suite('object storage: bytes', () => {
  test('refuses a large object before it reads it, and one that has no length as soon as it is too large', async () => {
    await using server = await standIn((_, response, before) => {
      if (before === 0) response.writeHead(200, { 'content-length': 1_000_000 }).flushHeaders()
      else {
        const send = () => {
          while (response.write(Buffer.alloc(10_000)));
          response.once('drain', send)
        }
        response.writeHead(200)
        send()
      }
    })
    using storage = server.storage()
    await assert.rejects(readAll(storage), { code: 'IMAGE_TOO_LARGE', message: '1000000 bytes' })
    await assert.rejects(readAll(storage), { code: 'IMAGE_TOO_LARGE' })
  })

  test('says that the transfer broke off, or stands still', async () => {
    await using server = await standIn((_, response, before) => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
      if (before === 0) setTimeout(() => response.destroy(), 20)
    })
    using storage = server.storage({ requestMs: 200 })
    await assert.rejects(readAll(storage), isUnavailable('ECONNRESET'))
    await assert.rejects(readAll(storage), isUnavailable('TimeoutError', /no answer in time/))
  })
})

suite('object storage: lists', () => {
  const more = (token: string) =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`

  test('gives keys page by page, decoded as the page says', async () => {
    await using server = await standIn((_, response, before) => {
      if (before === 0) page(response, ['a%01%0A%2B+b%25', 'b+c'], `<EncodingType>url</EncodingType>${more('t&amp;1')}`)
      else page(response, ['c%20+d', 'e&amp;&lt;'], '<IsTruncated>false</IsTruncated>')
    })
    using storage = server.storage()
    const keys = await Array.fromAsync(storage.list('photos', { prefix: 'p/', after: 'p/x y' }), ({ key }) => key)
    assert.deepEqual(keys, ['a\u0001\n+ b%', 'b c', 'c%20+d', 'e&<'])
    const [first, second] = server.seen.map(({ url }) => Object.fromEntries(url.searchParams))
    assert.deepEqual([first!.prefix, first!['start-after'], first!['encoding-type']], ['p/', 'p/x y', 'url'])
    assert.deepEqual([second!['continuation-token'], second!['start-after']], ['t&1', undefined])
  })

  test('says of a key that is no UTF-8 that it is not to be relied on', async () => {
    await using server = await standIn((_, response) => {
      page(response, ['a', 'b%FF', 'b-'], '<EncodingType>url</EncodingType>')
    })
    using storage = server.storage()
    const found = await Array.fromAsync(storage.list('photos'), ({ key, isExact }) => [key, isExact])
    assert.deepEqual(found, [
      ['a', true],
      ['b\ufffd', false],
      ['b-', true],
    ])
  })

  test('refuses an order in which nobody could go on, and a page that leads nowhere', async () => {
    const answers = [
      [['b', 'a'], ''],
      [['a', 'a'], ''],
      [['\u{1f600}', '\uff01'], ''],
    ] as const
    await using server = await standIn((_, response, before) => {
      const [keys, rest] = answers[before] ?? [['a'], '<IsTruncated>true</IsTruncated>']
      page(response, keys, rest)
    })
    using storage = server.storage()
    for (const _ of answers) {
      await assert.rejects(Array.fromAsync(storage.list('photos')), { code: 'CONFIGURATION_INVALID', retry: 'never' })
    }
    await assert.rejects(Array.fromAsync(storage.list('photos')), isUnavailable('Error', /successor/))
  })
})
