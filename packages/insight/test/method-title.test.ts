import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MethodSpec } from '@fanlight/contracts'
import { countedName, methodTitle } from '../src/index.ts'

const spec = (name: string, params: MethodSpec['params'] = {}): MethodSpec => ({ name, version: 1, params })

test('methods that a job measures are counted apart from each other, and from those that only explain', () => {
  const focus = { method: { name: 'focus', version: 1, params: {} } }
  const specs = [
    spec('focus'),
    spec('evaluate', { ...focus, randomised: null }),
    spec('evaluate', { ...focus, randomised: { layers: 1 } }),
  ]
  assert.deepEqual(specs.map(countedName), ['focus', 'evaluate focus', 'evaluate focus-redrawn'])
  assert.deepEqual(specs.map(methodTitle), ['focus', 'focus', 'focus-redrawn'])
})

test('an evaluation of nothing that is known goes by its own name', () => {
  for (const method of [undefined, null, 'focus', ['focus'], {}, { name: 1 }])
    assert.equal(countedName(spec('evaluate', method === undefined ? {} : { method })), 'evaluate')
})
