import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'
import { type ArtifactStore, type ErrorCode, isFanlightError } from '@fanlight/ports'

export interface OpenArtifactStore extends AsyncDisposable {
  /** Empty. */
  readonly store: ArtifactStore
  /** Changes the stored bytes behind the store's back. Without it the clause on damage is skipped. */
  readonly damage?: (key: string, bytes: Uint8Array) => Promise<void>
}

/** Every artifact store passes this suite. The titles begin with the clauses of docs/spec/artifacts.md. */
export function testArtifactStore(name: string, open: () => Promise<OpenArtifactStore>): void {
  suite(`artifacts: ${name}`, () => {
    testBytes(open)
    testKeys(open)
  })
}

function testBytes(open: () => Promise<OpenArtifactStore>): void {
  for (const [what, bytes] of Object.entries({
    'no bytes': new Uint8Array(0),
    'every byte': Uint8Array.from({ length: 256 }, (_, byte) => byte),
    'six megabytes': Buffer.alloc(6_000_000, 'fanlight'),
    'a part of a larger buffer': Buffer.from('before and after').subarray(7, 10),
  })) {
    test(`A1 gives back ${what} under their SHA-256`, async () => {
      await using opened = await open()
      const { store } = opened
      const key = await store.put(bytes)
      assert.equal(key, createHash('sha256').update(bytes).digest('hex'))
      assert.ok(Buffer.from(bytes).equals(await store.get(key)))
      assert.equal(await store.has(key), true)
    })
  }

  test('A2 holds the same bytes once, however often and however many at once they are put', async () => {
    await using opened = await open()
    const { store } = opened
    const bytes = Buffer.from('the same bytes')
    const keys = await Promise.all(Array.from({ length: 10 }, () => store.put(bytes)))
    keys.push(await store.put(bytes))
    assert.equal(new Set(keys).size, 1)
    assert.deepEqual(await Array.fromAsync(store.list()), [keys[0]])
    assert.deepEqual(Buffer.from(await store.get(keys[0]!)), bytes)
  })

  test('A3 takes many puts at once', async () => {
    await using opened = await open()
    const { store } = opened
    const texts = Array.from({ length: 100 }, (_, index) => `artifact ${index}`)
    const keys = await Promise.all(texts.map((text) => store.put(Buffer.from(text))))
    const got = await Promise.all(keys.map(async (key) => Buffer.from(await store.get(key)).toString()))
    assert.deepEqual(got, texts)
  })

  test('A4 gives bytes that are the caller’s own', async () => {
    await using opened = await open()
    const { store } = opened
    const key = await store.put(Buffer.from('unchanged'))
    const first = await store.get(key)
    first.fill(0)
    assert.equal(Buffer.from(await store.get(key)).toString(), 'unchanged')
  })

  for (const [what, damaged] of Object.entries({ other: 'bytez', fewer: 'byt', more: 'bytes and more', no: '' })) {
    test(`A5 refuses to give ${what} bytes for those that were put`, async (t) => {
      await using opened = await open()
      const { store, damage } = opened
      if (!damage) return t.skip('this driver offers no way to damage an artifact')
      const key = await store.put(Buffer.from('bytes'))
      await damage(key, Buffer.from(damaged))
      await assert.rejects(store.get(key), isInputError('ARTIFACT_CORRUPT'))
      await store.delete(key)
      assert.equal(await store.put(Buffer.from('bytes')), key)
      assert.equal(Buffer.from(await store.get(key)).toString(), 'bytes')
    })
  }
}

function testKeys(open: () => Promise<OpenArtifactStore>): void {
  test('A6 says that an artifact is not there', async () => {
    await using opened = await open()
    const { store } = opened
    const absent = 'ab'.repeat(32)
    assert.equal(await store.has(absent), false)
    await assert.rejects(store.get(absent), isInputError('ARTIFACT_NOT_FOUND'))
    await store.delete(absent)
  })

  test('A7 refuses what is no key before anything else', async () => {
    await using opened = await open()
    const { store } = opened
    const key = await store.put(Buffer.from('a'))
    const noKeys = ['', 'ab', '../../etc/passwd', `../${key.slice(3)}`, key.toUpperCase(), `${key}\n`, `${key}0`]
    for (const noKey of [...noKeys, ` ${key.slice(1)}`, `${key.slice(1)}\u0000`, `${key.slice(1)}/`, 'ａ'.repeat(64)]) {
      await assert.rejects(store.get(noKey), isInputError('ARTIFACT_NOT_FOUND'), `get of ${JSON.stringify(noKey)}`)
      await assert.rejects(store.has(noKey), isInputError('ARTIFACT_NOT_FOUND'), `has of ${JSON.stringify(noKey)}`)
      await assert.rejects(
        store.delete(noKey),
        isInputError('ARTIFACT_NOT_FOUND'),
        `delete of ${JSON.stringify(noKey)}`,
      )
    }
    assert.equal(await store.has(key), true)
  })

  test('A8 deletes, and takes the same bytes again', async () => {
    await using opened = await open()
    const { store } = opened
    const [key, other] = [await store.put(Buffer.from('a')), await store.put(Buffer.from('b'))]
    await store.delete(key)
    assert.deepEqual([await store.has(key), await store.has(other)], [false, true])
    assert.deepEqual(await Array.fromAsync(store.list()), [other])
    assert.equal(await store.put(Buffer.from('a')), key)
    assert.equal(Buffer.from(await store.get(key)).toString(), 'a')
  })

  test('A9 lists every key in ascending order', async () => {
    await using opened = await open()
    const { store } = opened
    assert.deepEqual(await Array.fromAsync(store.list()), [])
    const keys: string[] = []
    for (let index = 0; index < 50; index++) keys.push(await store.put(Buffer.from(`artifact ${index}`)))
    assert.deepEqual(await Array.fromAsync(store.list()), keys.sort())
  })
}

function isInputError(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isFanlightError(error), String(error))
    assert.deepEqual([error.code, error.retry], [code, 'never'])
    return true
  }
}
