import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { Places } from '../src/places.ts'

const PARTITIONS = 12
const partitionOf = (place: number) => Math.floor(place * PARTITIONS)

test('shards of one detector go evenly to all partitions, however many shards there are', () => {
  for (const shards of [12, 16, 32, 100]) {
    const places = new Places()
    const counts = new Array<number>(PARTITIONS).fill(0)
    for (let i = 0; i < shards; i++) counts[partitionOf(places.next(sha256('a'), 1))]! += 1
    const [least, most] = [Math.min(...counts), Math.max(...counts)]
    assert.ok(most - least <= 2, `${shards} shards: ${counts}`)
  }
})

test('while many detectors are at work each keeps to few partitions, always the same', () => {
  const places = new Places()
  const seen = new Map<string, Set<number>>()
  for (let turn = 0; turn < 50; turn++) {
    for (let i = 0; i < 24; i++) {
      const detector = sha256(`detector ${i}`)
      const partitions = seen.get(detector) ?? new Set()
      seen.set(detector, partitions.add(partitionOf(places.next(detector, 24))))
    }
  }
  for (const partitions of seen.values()) assert.ok(partitions.size <= 2, `${[...partitions]}`)
  assert.equal(new Set([...seen.values()].flatMap((each) => [...each])).size, PARTITIONS)
})
