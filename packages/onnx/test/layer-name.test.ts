import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '@fanlight/ports'
import { changed } from '../src/copy.ts'
import { layerNamed, nearestNames } from '../src/index.ts'
import { smallModel } from './small-model.ts'

function namedModel() {
  const model = smallModel()
  const [node] = model.graph!.node
  model.graph!.node = [changed(node!, { name: '/model.0/conv/Conv' })]
  return model
}

test('a layer is named by a value, an input, or the node that makes the value', () => {
  for (const name of ['output', '/model.0/conv/Conv']) assert.equal(layerNamed(namedModel(), name), 'output')
  assert.equal(layerNamed(namedModel(), 'image'), 'image')
})

test('a layer that does not exist is refused, with the nearest names', () => {
  const refusal = (name: string) => {
    try {
      return assert.fail(layerNamed(namedModel(), name))
    } catch (error) {
      assert.ok(error instanceof InputError, `${error}`)
      return `${error.code}: ${error.message}`
    }
  }
  assert.equal(
    refusal('outptu'),
    'USAGE: the network has no layer "outptu". The nearest names are "output", "image", "/model.0/conv/Conv"',
  )
  assert.match(refusal('Conv'), /nearest names are "\/model\.0\/conv\/Conv"/)
  assert.match(refusal('weights'), /no layer "weights"/)
  assert.match(refusal(''), /no layer ""/)
  assert.match(refusal('\u001b[2J'), /no layer "\\u001b\[2J"/)
})

test('the nearest names have the wanted text in them, or differ by the fewest letters', () => {
  const names = ['/neck3/exit/Mul', 'neck', 'necks', '/backbone/Neck3', 'stem']
  assert.deepEqual(nearestNames('neck3', names), ['/neck3/exit/Mul', '/backbone/Neck3', 'neck'])
  assert.deepEqual(nearestNames('stam', names, 1), ['stem'])
  assert.deepEqual(nearestNames('x', []), [])
})
