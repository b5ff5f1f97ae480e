import assert from 'node:assert/strict'
import { test } from 'node:test'
import { families } from '../src/families/index.ts'
import type { Cotangents, Predictions } from '../src/family.ts'
import { boxOf, cotangentsOf, differences, type Head, heads, numbers } from './heads.ts'

interface Part {
  readonly read: (predictions: Predictions) => number
  readonly backward: (predictions: Predictions, into: Cotangents) => void
}

/** ∂part by `backward` is ∂part by differences, in every element: where a part reads nothing, nothing is touched. */
function agrees(head: Head, { read, backward }: Part): void {
  const expected = differences(head, read)
  const into = cotangentsOf(head.outputs)
  backward(head.decode(head.outputs), into)
  const actual = into.flatMap((values) => [...values])
  const tolerance = 1e-3 * Math.max(...actual.map(Math.abs), 1e-3)
  expected.forEach((value, element) => {
    if (value === 0) assert.equal(actual[element], 0, `element ${element} is touched`)
    assert.ok(Math.abs(actual[element]! - value) <= tolerance, `element ${element}: ${actual[element]}, not ${value}`)
  })
}

for (const head of heads) {
  const { indices, classCount, outputs } = head

  test(`${head.title}: the derivative of each class probability`, () => {
    for (const index of indices) {
      for (let classIndex = 0; classIndex < classCount; classIndex++) {
        agrees(head, {
          read: (predictions) => 0.7 * predictions.probability(index, classIndex),
          backward: (predictions, into) => predictions.backward.probability(index, classIndex, 0.7, into),
        })
      }
    }
  })

  test(`${head.title}: the derivative of objectness, where there is one`, () => {
    const { objectness, backward } = head.decode(outputs)
    assert.equal(backward.objectness === undefined, objectness === undefined)
    if (!objectness) return
    for (const index of indices) {
      agrees(head, {
        read: (predictions) => 1.3 * predictions.objectness!(index),
        backward: (predictions, into) => predictions.backward.objectness!(index, 1.3, into),
      })
    }
  })

  test(`${head.title}: the derivative of a box along random directions`, () => {
    const next = numbers(17)
    for (const index of indices) {
      const weights = [next() - 0.5, next() - 0.5, next() - 0.5, next() - 0.5]
      agrees(head, {
        read: (predictions) => boxOf(predictions, index).reduce((sum, side, i) => sum + weights[i]! * side, 0),
        backward: (predictions, into) => predictions.backward.box(index, weights, into),
      })
    }
  })

  test(`${head.title}: what is there already stays`, () => {
    const index = indices[0]!
    const predictions = head.decode(outputs)
    const once = cotangentsOf(outputs)
    const twice = cotangentsOf(outputs)
    for (const into of [once, twice, twice]) {
      predictions.backward.probability(index, 0, 1, into)
      predictions.backward.box(index, [1, 2, 3, 4], into)
      predictions.backward.objectness?.(index, 1, into)
    }
    assert.deepEqual(
      twice.map((values) => [...values]),
      once.map((values) => [...values.map((value) => 2 * value)]),
    )
  })
}

test('every family has its derivatives tested', () => {
  assert.deepEqual(new Set(heads.map(({ family }) => family)), new Set(Object.keys(families)))
})
