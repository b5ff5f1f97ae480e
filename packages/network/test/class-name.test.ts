import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classIn } from '../src/index.ts'

test('a class is found by its name, in whatever letters, or by its number where nothing is called so', () => {
  const names = ['person', 'Traffic light', '0']
  assert.deepEqual(
    ['person', 'traffic LIGHT', '1', '0'].map((wanted) => classIn(names, wanted)),
    [0, 1, 1, 2],
  )
  for (const wanted of ['3', '-1', '1.0', 'persn'])
    assert.throws(() => classIn(names, wanted), { code: 'NOT_FOUND', message: /the nearest: / })
})
