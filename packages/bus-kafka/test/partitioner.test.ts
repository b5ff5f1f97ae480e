import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byPlaceOrKey, type Placed } from '../src/partitioner.ts'

const partitionMetadata = [2, 0, 1, 3].map((partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 0,
  replicas: [],
  isr: [],
}))

function partitionOf(message: Placed): number {
  return byPlaceOrKey()({ topic: 't', partitionMetadata, message })
}

test('a place is a share of the partitions, whatever order they are told in', () => {
  const places = [0, 0.24, 0.25, 0.5, 0.75, 0.999_999_999]
  assert.deepEqual(
    places.map((place) => partitionOf({ value: null, key: Buffer.from('k'), place })),
    [0, 0, 1, 2, 3, 3],
  )
})

test('without a place the key decides, the same each time', () => {
  const partitions = ['a', 'b', 'c', 'd', 'e', 'f', 'a'].map((key) =>
    partitionOf({ value: null, key: Buffer.from(key) }),
  )
  assert.equal(partitions.at(-1), partitions[0])
  assert.ok(new Set(partitions).size > 1)
})
