import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitOf } from '../src/prefer.ts'

test('reads wait out of Prefer as RFC 7240 writes it, 30 seconds at most', () => {
  for (const [prefer, seconds] of [
    [undefined, 0],
    ['', 0],
    ['respond-async', 0],
    ['wait=5', 5],
    ['Wait = "7"', 7],
    ['respond-async, wait=10', 10],
    ['respond-async;x=1,wait=10; y', 10],
    ['wait=999999999', 30],
    ['wait=-1', 0],
    ['wait=1e3', 0],
    ['await=5', 0],
  ] as const) {
    assert.equal(waitOf(prefer), seconds, prefer)
  }
})
