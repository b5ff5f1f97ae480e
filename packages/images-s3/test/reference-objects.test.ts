import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { objectUri, type ReferencedObject, referenceObject, referenceObjects, s3Images } from '@fanlight/images-s3'
import { type Peer, peerFor } from '@fanlight/peers'
import { Bucket } from './bucket.ts'

const maxBytes = 10_000_000

const peer = await peerFor('s3')
if ('missing' in peer) test('references to S3 objects', (t) => t.skip(peer.missing))
else {
  after(() => peer[Symbol.asyncDispose]())
  suite('references to S3 objects', () => testReferences(peer))
}

const namesOf = (found: readonly ReferencedObject[]) => found.map(({ name }) => name)

function testReferences(peer: Peer) {
  test('finds what has an image’s name, in the order of the keys, each with its hash', async () => {
    await using bucket = await Bucket.make(peer)
    // In ascending order of their UTF-8 bytes, which is not that of UTF-16.
    const keys = [
      'p/a b+c.jpg',
      'p/a-b.JPG',
      'p/a.jpg',
      'p/a/z.jpeg',
      'p/a0.png',
      'p/é.webp',
      'p/\uff01.gif',
      'p/😀.bmp',
    ]
    for (const key of [...keys, 'p/notes.txt', 'p/jpg', 'p/.jpg', 'p/a.jpg.gz', 'pa.jpg', 'o/a.jpg'])
      await bucket.write(key)
    const found = await Array.fromAsync(referenceObjects(`${bucket.uri}/p/`, { ...bucket.options, maxBytes }))
    assert.deepEqual(
      found,
      keys.map((key) => ({
        name: key,
        after: key,
        image: { uri: objectUri({ bucket: bucket.name, key }), sha256: sha256(key), bytes: Buffer.byteLength(key) },
      })),
    )
    using images = s3Images({ ...bucket.options, maxBytes })
    for (const { name, image } of found) assert.equal(Buffer.from(await images.read(image!)).toString(), name)
  })

  test('hashes one object by its URI, whatever its name, and says when it cannot be taken', async () => {
    await using bucket = await Bucket.make(peer)
    const key = 'photos/a b%.bin'
    await bucket.write(key)
    await bucket.writePlainly('plain', Buffer.from('plain'))
    const uri = objectUri({ bucket: bucket.name, key })
    const options = { ...bucket.options, maxBytes }
    assert.deepEqual(await referenceObject(uri, options), { uri, sha256: sha256(key), bytes: Buffer.byteLength(key) })
    assert.equal((await referenceObject(`${bucket.uri}/plain`, options)).sha256, sha256('plain'))
    for (const absent of [
      `${bucket.uri}/plai`,
      `${bucket.uri}/`,
      bucket.uri,
      `${bucket.uri}/${'x'.repeat(1025)}`,
      's3://fanlight-absent/a.jpg',
      '/etc/passwd',
    ])
      await assert.rejects(referenceObject(absent, options), { code: 'INPUT_NOT_FOUND' }, absent)
    await assert.rejects(referenceObject(`${bucket.uri}/plain`, { ...options, maxBytes: 4 }), {
      code: 'IMAGE_TOO_LARGE',
    })
  })

  test('hashes what the server keeps no SHA-256 of, in order though the first take longest', async () => {
    await using bucket = await Bucket.make(peer)
    const contents = Array.from({ length: 10 }, (_, index) => Buffer.alloc(3_000_000 - 300_000 * index, index))
    await Promise.all(contents.map((content, index) => bucket.writePlainly(`${index}.jpg`, content)))
    const found = await Array.fromAsync(referenceObjects(bucket.uri, { ...bucket.options, maxBytes }))
    assert.deepEqual(
      found.map(({ image }) => [image?.sha256, image?.bytes]),
      contents.map((content) => [sha256(content), content.length]),
    )
  })

  test('tells of a key that the server cannot write, and goes on behind it', async () => {
    await using bucket = await Bucket.make(peer)
    for (const key of ['a.jpg', 'b\u0001.jpg', 'b-.jpg', 'c.jpg']) await bucket.write(key)
    const found = await Array.fromAsync(referenceObjects(bucket.uri, { ...bucket.options, maxBytes }))
    assert.equal(found.length, 4)
    for (const { name, failure, after } of found) {
      // Some servers give it whole, others with U+FFFD in it: under that name nothing can be had.
      if (name.includes('\ufffd')) assert.deepEqual([failure?.code, after], ['INPUT_NOT_FOUND', 'a.jpg'])
      else assert.deepEqual([failure, after], [undefined, name])
    }
  })

  test('takes the whole bucket, and passes over the markers of folders', async () => {
    await using bucket = await Bucket.make(peer)
    await bucket.write('folder.jpg/', '')
    await bucket.write('folder.jpg/a.jpg')
    const found = await Array.fromAsync(referenceObjects(bucket.uri, { ...bucket.options, maxBytes }))
    assert.deepEqual(namesOf(found), ['folder.jpg/a.jpg'])
  })

  test('goes on after any that was given', async () => {
    await using bucket = await Bucket.make(peer)
    const keys = Array.from(
      { length: 30 },
      (_, index) => `${String(index).padStart(2, '0')}${index % 3 ? '.jpg' : '.txt'}`,
    )
    for (const key of keys) await bucket.write(key)
    const options = { ...bucket.options, maxBytes, concurrency: 4 }
    const whole = await Array.fromAsync(referenceObjects(bucket.uri, options))
    assert.equal(whole.length, 20)
    for (const index of [0, 7, 18, 19]) {
      const after = whole[index]!.after
      assert.deepEqual(
        await Array.fromAsync(referenceObjects(bucket.uri, { ...options, after })),
        whole.slice(index + 1),
      )
    }
  })

  test('tells what cannot be taken in its place, and stops for nothing', async () => {
    await using bucket = await Bucket.make(peer)
    await bucket.write('a.jpg')
    await bucket.write('b.jpg', Buffer.alloc(1001))
    await bucket.write('c.jpg', Buffer.alloc(1000))
    const found = await Array.fromAsync(referenceObjects(bucket.uri, { ...bucket.options, maxBytes: 1000 }))
    assert.deepEqual(namesOf(found), ['a.jpg', 'b.jpg', 'c.jpg'])
    assert.deepEqual([found[0]?.failure, found[2]?.failure], [undefined, undefined])
    assert.equal(found[1]?.failure?.code, 'IMAGE_TOO_LARGE')
    assert.match(found[1]!.failure!.message, /b\.jpg has 1001 bytes or more, the limit is 1000/)
  })

  test('may be left early, with transfers under way', async () => {
    await using bucket = await Bucket.make(peer)
    for (let index = 0; index < 12; index++) await bucket.writePlainly(`${index}.jpg`, Buffer.alloc(3_000_000, index))
    let count = 0
    for await (const { image } of referenceObjects(bucket.uri, { ...bucket.options, maxBytes })) {
      assert.equal(image?.bytes, 3_000_000)
      if (++count === 2) break
    }
    assert.equal(count, 2)
  })

  test('says that there is no such bucket, and that the credentials are refused', async () => {
    await using bucket = await Bucket.make(peer)
    const missing = referenceObjects('s3://fanlight-absent/photos/', { ...bucket.options, maxBytes })
    await assert.rejects(missing.next(), { code: 'INPUT_NOT_FOUND', message: /fanlight-absent.*no such bucket/ })
    const credentials = { accessKeyId: 'nobody', secretAccessKey: 'nothing' }
    const refused = referenceObjects(bucket.uri, { ...bucket.options, credentials, maxBytes })
    await assert.rejects(refused.next(), { code: 'ARTIFACTS_UNAVAILABLE', message: /check the credentials/ })
    await assert.rejects(referenceObjects('photos/', { ...bucket.options, maxBytes }).next(), {
      code: 'INPUT_NOT_FOUND',
    })
  })

  test('ends when the server does, and goes on from there when it is back', async (t) => {
    if (!peer.server) return t.skip('the server is not ours to stop')
    await using bucket = await Bucket.make(peer)
    for (let index = 0; index < 60; index++) await bucket.writePlainly(`${100 + index}.jpg`)
    const options = { ...bucket.options, maxBytes, concurrency: 2 }
    const names: string[] = []
    let last: string | undefined
    const take = async () => {
      for await (const { name, after } of referenceObjects(bucket.uri, { ...options, after: last })) {
        names.push(name)
        last = after
        if (names.length === 20) await peer.server!.stop('SIGKILL')
      }
    }
    await assert.rejects(take(), { code: 'ARTIFACTS_UNAVAILABLE', retry: 'later' })
    await peer.server.start()
    await take()
    assert.deepEqual(
      names,
      Array.from({ length: 60 }, (_, index) => `${100 + index}.jpg`),
    )
  })
}
