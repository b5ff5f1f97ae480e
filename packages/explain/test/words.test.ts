import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Objective, Vanished } from '@fanlight/contracts'
import { methodNames } from '../src/index.ts'
import {
  grouped,
  groupOf,
  lossTerms,
  methodGroups,
  methodWarning,
  noMapOf,
  objectivesInWords,
  short,
} from '../src/words.ts'

test('each method belongs to one group; one that is not known here comes last', () => {
  const groups = grouped([...methodNames, 'method-of-tomorrow', 'constructor'], (name) => name)
  assert.deepEqual(
    groups.map(({ group }) => group),
    [...Object.keys(methodGroups), undefined],
  )
  assert.deepEqual(groups.flatMap(({ members }) => members).toSorted(), [
    ...[...methodNames, 'constructor', 'method-of-tomorrow'].toSorted(),
  ])
  assert.deepEqual(groups.at(-1)?.members, ['method-of-tomorrow', 'constructor'])
  assert.equal(groupOf('odam'), 'class activation maps')
})

test('every reason for a gradient to vanish is said with its numbers', () => {
  const facts = { value: 0.9999, emptyValue: null, magnitude: 0, slope: 2.04e-7, layers: ['a'] }
  const said = (vanished: Vanished | null, objective: Objective = 'class') =>
    noMapOf({ ...facts, vanished }, objective)?.cause
  assert.equal(said(null), undefined)
  assert.equal(noMapOf(undefined, 'score'), undefined)
  assert.equal(said('saturated'), 'the class probability is saturated (slope 2e-7)')
  assert.equal(said('at-minimum', 'loss.box'), 'the loss is at its minimum')
  for (const vanished of Vanished.options) assert.ok(said(vanished))
})

test('every objective and loss term has words, and only guided back-propagation a warning', () => {
  assert.deepEqual(Object.keys(objectivesInWords), Objective.options)
  assert.deepEqual(
    Object.keys(lossTerms),
    Objective.options.filter((name) => name.startsWith('loss.')),
  )
  assert.deepEqual(
    methodNames.filter((name) => methodWarning(name)),
    ['guided-backprop'],
  )
  assert.match(methodWarning('guided-backprop')!, /fails sanity checks.*Adebayo et al\. 2018/)
})

test('numbers are told in two digits, whatever their size', () => {
  const told = [0, 1, 0.25, 0.01349, 2.04e-7, -3e-9, 123.4, 1e6].map(short)
  assert.deepEqual(told, ['0', '1', '0.25', '0.013', '2e-7', '-3e-9', '120', '1e6'])
})
