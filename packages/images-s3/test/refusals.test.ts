import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { referenceObject, referenceObjects, s3Images } from '@fanlight/images-s3'

interface Refusal {
  readonly status: number
  readonly code: string
}

/** A server that refuses every request so, HEAD without saying why, but lists one photo when it is told to. */
async function refusing({ status, code }: Refusal, { lists = false } = {}) {
  const server = createServer(({ url = '', method }, response) => {
    const isList = lists && url.includes('list-type=2')
    const listed = `<Contents><Key>a.jpg</Key><Size>1</Size></Contents>`
    response.writeHead(isList ? 200 : status, { 'content-type': 'application/xml' })
    if (method === 'HEAD') response.end()
    else if (isList) response.end(`<ListBucketResult>${listed}</ListBucketResult>`)
    else response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'somebody', secretAccessKey: 'the-secret' }
  return {
    options: { endpoint, credentials, region: 'us-east-1', maxAttempts: 1, maxBytes: 1000 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const uri = 's3://photos/a.jpg'

function askedBy(options: Parameters<typeof s3Images>[0]): readonly (() => Promise<unknown>)[] {
  return [
    async () => {
      using images = s3Images(options)
      return await images.read({ uri, sha256: sha256('a'), bytes: 1 })
    },
    () => referenceObject(uri, options),
    () => referenceObjects('s3://photos/', options).next(),
  ]
}

test('what the server refuses for good is not worth another try, be it an object or a listing', async () => {
  for (const [status, code, expected] of [
    [403, 'AccessDenied', 'IMAGE_UNREADABLE'],
    [404, 'NoSuchBucket', 'INPUT_NOT_FOUND'],
    [400, 'InvalidBucketName', 'INPUT_NOT_FOUND'],
    [301, 'PermanentRedirect', 'INPUT_NOT_FOUND'],
  ] as const) {
    await using server = await refusing({ status, code })
    for (const ask of askedBy(server.options)) {
      await assert.rejects(ask(), { code: expected, retry: 'never', message: /photos/ }, code)
    }
  }
})

test('credentials that are not known, and a server in trouble, are waited for', async () => {
  for (const [status, code] of [
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'ExpiredToken'],
    [403, 'RequestTimeTooSkewed'],
    [500, 'InternalError'],
    [503, 'SlowDown'],
  ] as const) {
    await using server = await refusing({ status, code })
    for (const ask of askedBy(server.options)) {
      await assert.rejects(ask(), { code: 'ARTIFACTS_UNAVAILABLE', retry: 'later' }, code)
    }
  }
})

test('a photo of a listing that may not be read is told in its place; a bucket that is gone ends it', async () => {
  await using closed = await refusing({ status: 403, code: 'AccessDenied' }, { lists: true })
  const found = await Array.fromAsync(referenceObjects('s3://photos/', closed.options))
  assert.deepEqual(
    found.map(({ name, failure }) => [name, failure?.code]),
    [['a.jpg', 'IMAGE_UNREADABLE']],
  )
  await using gone = await refusing({ status: 404, code: 'NoSuchBucket' }, { lists: true })
  await assert.rejects(referenceObjects('s3://photos/', gone.options).next(), { code: 'INPUT_NOT_FOUND' })
})
