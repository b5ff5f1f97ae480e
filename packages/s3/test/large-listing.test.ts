import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { page, type Seen, standIn } from './stand-in.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const PREFIX = 'photos/2026/'
const KEYS = 1_000_000
const PAGE_KEYS = 1_000
const keyAt = (index: number) => `${PREFIX}${String(index).padStart(7, '0')}.jpg`

/** A million keys, none of them kept anywhere: the token of a page is where it begins. */
function millionKeys({ url }: Seen, response: ServerResponse): void {
  const from = Number(url.searchParams.get('continuation-token') ?? 0)
  const to = Math.min(KEYS, from + PAGE_KEYS)
  const keys = Array.from({ length: to - from }, (_, i) => keyAt(from + i))
  const isLast = to === KEYS
  const next = isLast ? '' : `<NextContinuationToken>${to}</NextContinuationToken>`
  page(response, keys, `<IsTruncated>${!isLast}</IsTruncated>${next}`)
}

test('of a prefix of a million keys no page is asked for before its keys are taken', async () => {
  await using server = await standIn(millionKeys)
  using storage = server.storage()
  let taken = 0
  for await (const { key } of storage.list('photos', { prefix: PREFIX })) {
    assert.equal(key, keyAt(taken))
    assert.ok(server.seen.length <= Math.ceil(++taken / PAGE_KEYS), `${server.seen.length} pages for ${taken} keys`)
    if (taken === 1_500) break
  }
  assert.deepEqual(
    server.seen.map(({ url }) => [url.searchParams.get('prefix'), url.searchParams.get('continuation-token')]),
    [
      [PREFIX, null],
      [PREFIX, '1000'],
    ],
  )
})

test('a million keys are listed in the memory of a few pages', { timeout: 300_000 }, async (t) => {
  await using server = await standIn(millionKeys)
  using storage = server.storage()
  const heaps: number[] = []
  let taken = 0
  for await (const { key } of storage.list('photos', { prefix: PREFIX })) {
    if (key !== keyAt(taken)) assert.fail(`${key} is not the key ${taken}`)
    if (++taken % (KEYS / 10) === 0) heaps.push(heapBytes(server.seen))
  }
  assert.equal(taken, KEYS)
  // The first tenth is for what is loaded and compiled as it is first used.
  const grown = Math.max(...heaps) - heaps[0]!
  t.diagnostic(`heap ${heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB`)
  // Keys alone, kept as strings, would take some 30 MiB.
  assert.ok(grown < 5 * 2 ** 20, `the heap grew by ${grown} bytes`)
})

/** Of what is still in use; what the server remembers of its requests is none of ours. */
function heapBytes(seen: Seen[]): number {
  seen.length = 0
  collectGarbage()
  return process.memoryUsage().heapUsed
}
