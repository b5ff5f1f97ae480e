import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShardSizes } from '../src/shard-size.ts'

const TARGET_MS = 500
/** 16 ms a forward, so that 31 of them are about the target. */
const question = { forwards: 1_000, durationMs: 16_000 }

test('while nothing is known of a detector its shards are of 16 forwards', () => {
  const sizes = new ShardSizes(TARGET_MS)
  assert.equal(sizes.sizeFor('a'), 16)
  sizes.observe('a', { forwards: 0, durationMs: 9_000 })
  assert.equal(sizes.sizeFor('a'), 16, 'what took no forward tells nothing of forwards')
})

test('shards are as large as the measured speed fills the target time with', () => {
  const sizes = new ShardSizes(TARGET_MS)
  sizes.observe('a', question)
  assert.equal(sizes.sizeFor('a'), 31)
  sizes.observe('a', { forwards: 0, durationMs: 9_000 })
  assert.equal(sizes.sizeFor('a'), 31)
})

test('one slow forward hardly counts against a thousand; a speed that lasts is believed', () => {
  const sizes = new ShardSizes(TARGET_MS)
  sizes.observe('a', question)
  // A detector that was just loaded: sixty times as slow.
  sizes.observe('a', { forwards: 1, durationMs: 1_000 })
  assert.ok(sizes.sizeFor('a') >= 28, `${sizes.sizeFor('a')} forwards`)
  // Twice as slow from now on: that is believed after a few questions.
  for (let i = 0; i < 8; i++) sizes.observe('a', { forwards: 1_000, durationMs: 32_000 })
  assert.equal(sizes.sizeFor('a'), 16)
})

test('a shard has at least one forward and at most 4,096, however slow or quick a detector is', () => {
  const sizes = new ShardSizes(TARGET_MS)
  sizes.observe('slow', { forwards: 1, durationMs: 60_000 })
  sizes.observe('quick', { forwards: 1_000_000, durationMs: 1 })
  assert.deepEqual([sizes.sizeFor('slow'), sizes.sizeFor('quick')], [1, 4_096])
})

test('what one detector takes says nothing of another', () => {
  const sizes = new ShardSizes(TARGET_MS)
  sizes.observe('a', question)
  sizes.observe('b', { forwards: 100, durationMs: 10_000 })
  assert.deepEqual([sizes.sizeFor('a'), sizes.sizeFor('b'), sizes.sizeFor('c')], [31, 5, 16])
})
