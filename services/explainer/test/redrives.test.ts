import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redrives } from '../src/redrives.ts'

test('what stalls is sent again, each time after twice as long', () => {
  const redrives = new Redrives()
  const dueAt: number[] = []
  for (let minute = 0; minute <= 64; minute++) if (redrives.isDue('a', minute, 1)) dueAt.push(minute)
  assert.deepEqual(dueAt, [0, 1, 4, 11, 26, 57])
})

test('explanations wait for themselves only', () => {
  const redrives = new Redrives()
  assert.ok(redrives.isDue('a', 0, 10))
  assert.ok(!redrives.isDue('a', 5, 10))
  assert.ok(redrives.isDue('b', 5, 10))
})
