import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageRef } from '@fanlight/contracts'
import { recentImages } from '../src/recent-images.ts'

const refOf = (sha256: string): ImageRef => ({ sha256, uri: `file:///${sha256}`, bytes: 4 })

/** @returns what is read for it, each time */
function counted(recentBytes?: number, bytesOf = (_: ImageRef) => Uint8Array.of(1, 2, 3, 4)) {
  const reads: string[] = []
  const images = recentImages({
    recentBytes,
    read: async (ref) => {
      reads.push(ref.sha256)
      return bytesOf(ref)
    },
  })
  return { reads, read: (sha256: string) => images.read(refOf(sha256)) }
}

test('keeps the images read last, as many as their bytes allow', async () => {
  const { reads, read } = counted(10)
  for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await read(id)
  assert.deepEqual(reads, ['a', 'b', 'c', 'b'], 'b was used longest ago when c came')
})

test('does not keep what is larger than all that may be kept', async () => {
  const { reads, read } = counted(3)
  for (const id of ['a', 'a']) await read(id)
  assert.deepEqual(reads, ['a', 'a'])
})

test('reads an image once for all who ask at the same time', async () => {
  const { reads, read } = counted()
  await Promise.all([read('a'), read('a')])
  assert.deepEqual(reads, ['a'])
})

test('keeps no more of a small image than its bytes, and no more than some of them', async () => {
  const slab = new ArrayBuffer(65_536)
  const { reads, read } = counted(2 ** 24, () => new Uint8Array(slab, 100, 4))
  await read('a')
  assert.equal((await read('a')).buffer.byteLength, 4, 'not the whole buffer of the socket that it came by')
  for (let i = 0; i < 300; i++) await read(`${i}`)
  await read('a')
  assert.equal(reads.filter((id) => id === 'a').length, 2)
})
