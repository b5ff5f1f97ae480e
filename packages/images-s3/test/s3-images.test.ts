import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type ImageRef, sha256 } from '@fanlight/contracts'
import { objectUri, s3Images } from '@fanlight/images-s3'
import { type Peer, peerFor } from '@fanlight/peers'
import { type ErrorCode, isFanlightError } from '@fanlight/ports'
import { Bucket } from './bucket.ts'

const maxBytes = 1_000_000

function is(code: ErrorCode, message = /./, retry = 'never'): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isFanlightError(error), String(error))
    assert.deepEqual([error.code, error.retry], [code, retry])
    assert.match(error.message, message)
    return true
  }
}

const refOf = ({ name }: Bucket, key: string, content: string | Uint8Array = key): ImageRef => ({
  uri: objectUri({ bucket: name, key }),
  sha256: sha256(content),
  bytes: Buffer.byteLength(content),
})

const peer = await peerFor('s3')
if ('missing' in peer) test('S3 images against a server', (t) => t.skip(peer.missing))
else {
  after(() => peer[Symbol.asyncDispose]())
  suite('S3 images', () => testImages(peer))
}

function testImages(peer: Peer) {
  test('reads an object of any key', async () => {
    await using bucket = await Bucket.make(peer)
    using images = s3Images({ ...bucket.options, maxBytes })
    const keys = ['a.jpg', 'a b+c.jpg', 'é日本😀.webp', 'up/../x.jpg', 'two//slashes.jpg', './dot.jpg', 'a?b#c&d=e.jpg']
    keys.push(
      '100%.jpg',
      '%2e%2e.jpg',
      'a\u001b[31m\n.png',
      '<img src=x onerror=alert(1)>.jpg',
      'back\\slash.jpg',
      "q'*!().gif",
    )
    for (const key of keys) {
      await bucket.write(key)
      assert.equal(Buffer.from(await images.read(refOf(bucket, key))).toString(), key)
    }
  })

  test('notices that the object is another, be it of the same size', async () => {
    await using bucket = await Bucket.make(peer)
    using images = s3Images({ ...bucket.options, maxBytes })
    await bucket.write('a.jpg', 'behind')
    for (const before of ['before', 'longer before', ''])
      await assert.rejects(
        images.read(refOf(bucket, 'a.jpg', before)),
        is('IMAGE_CHANGED', /a\.jpg.*run the job again/),
      )
  })

  test('says what is not there, and refuses what is no object', async () => {
    await using bucket = await Bucket.make(peer)
    using images = s3Images({ ...bucket.options, maxBytes })
    await assert.rejects(images.read(refOf(bucket, 'absent.jpg')), is('INPUT_NOT_FOUND', /absent\.jpg/))
    await assert.rejects(images.read(refOf(bucket, 'x'.repeat(1025))), is('INPUT_NOT_FOUND'))
    for (const uri of ['file:///etc/passwd', 's3://', 's3://arn:aws:s3:::b/a', 'http://169.254.169.254/latest']) {
      await assert.rejects(images.read({ ...refOf(bucket, 'a'), uri }), is('INPUT_NOT_FOUND', /s3:\/\/bucket\/key/))
    }
  })

  test('refuses an object above the limit before it reads it', async () => {
    await using bucket = await Bucket.make(peer)
    await bucket.write('a.jpg', Buffer.alloc(1001))
    const ref = refOf(bucket, 'a.jpg', Buffer.alloc(1001))
    using wide = s3Images({ ...bucket.options, maxBytes: 1001 })
    using narrow = s3Images({ ...bucket.options, maxBytes: 1000 })
    assert.equal((await wide.read(ref)).length, 1001)
    for (let index = 0; index < 100; index++) {
      await assert.rejects(narrow.read(ref), is('IMAGE_TOO_LARGE', /1001.*1000/))
    }
  })

  test('will have it tried again when the server cannot be used, and not when there is no such bucket', async () => {
    await using bucket = await Bucket.make(peer)
    await bucket.write('a.jpg')
    const secretAccessKey = 'wrong-secret'
    const credentials = { accessKeyId: bucket.options.credentials!.accessKeyId, secretAccessKey }
    for (const [options, message] of [
      [{ credentials }, /check the credentials/],
      [{ endpoint: 'http://127.0.0.1:1' }, /127\.0\.0\.1:1 .*ECONNREFUSED/],
      [{ region: 'mars-north-1' }, /check the region/],
    ] as const) {
      using images = s3Images({ ...bucket.options, maxBytes, ...options })
      await assert.rejects(images.read(refOf(bucket, 'a.jpg')), is('ARTIFACTS_UNAVAILABLE', message, 'later'))
    }
    using images = s3Images({ ...bucket.options, maxBytes })
    const elsewhere = { ...refOf(bucket, 'a.jpg'), uri: 's3://fanlight-absent/a.jpg' }
    await assert.rejects(images.read(elsewhere), is('INPUT_NOT_FOUND', /fanlight-absent.*no such bucket/))
  })

  test('reads an image once for those who want it at once or soon', async () => {
    await using bucket = await Bucket.make(peer)
    using images = s3Images({ ...bucket.options, maxBytes, recentBytes: 5 })
    await bucket.write('a.jpg')
    await bucket.write('b.jpg')
    const [a, b] = [refOf(bucket, 'a.jpg'), refOf(bucket, 'b.jpg')]
    const [first, second] = await Promise.all([images.read(a), images.read(a)])
    assert.equal(first, second)
    await bucket.delete('a.jpg')
    assert.equal(await images.read(a), first)
    await images.read(b)
    await assert.rejects(images.read(a), is('INPUT_NOT_FOUND'))
  })
}
