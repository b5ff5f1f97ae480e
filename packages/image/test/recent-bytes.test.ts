import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RecentBytes } from '../src/recent-bytes.ts'

suite('recent bytes', () => {
  test('drops the least recently used, and never holds more than its size', () => {
    const recent = new RecentBytes(10)
    for (const key of ['a', 'b', 'a', 'c']) recent.add(key, Buffer.alloc(4))
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => recent.get(key) !== undefined),
      [true, false, true],
    )
    recent.add('large', Buffer.alloc(11))
    assert.deepEqual(
      ['a', 'c', 'large'].map((key) => recent.get(key) !== undefined),
      [true, true, false],
    )
    recent.add('whole', Buffer.alloc(10))
    assert.deepEqual(
      ['a', 'c', 'whole'].map((key) => recent.get(key) !== undefined),
      [false, false, true],
    )
  })
})
