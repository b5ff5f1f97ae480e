import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nameOf, subjectOf } from '../src/names.ts'

const text = () => fc.string({ unit: 'binary', maxLength: 80 })

test('names of any text are legal for streams, consumers and folders', () => {
  fc.assert(
    fc.property(text(), fc.string({ unit: 'binary', maxLength: 400 }), (prefix, topic) => {
      assert.match(nameOf(prefix, topic), /^[A-Za-z0-9=_-]{3,220}$/)
      assert.match(subjectOf(prefix, topic), /^[A-Za-z0-9=_-]+\.[A-Za-z0-9=_-]+$/)
    }),
  )
})

test('different prefixes and topics have different names', () => {
  const part = () => fc.oneof(text(), fc.constantFrom('', 'a', 'a.b', 'b', 'a_b', 'a=2eb', '=', '==', 'A', '.', 'a b'))
  const pair = () => fc.tuple(part(), part())
  fc.assert(
    fc.property(pair(), pair(), (one, other) => {
      const isSame = one[0] === other[0] && one[1] === other[1]
      assert.equal(nameOf(...one) === nameOf(...other), isSame)
      assert.equal(subjectOf(...one) === subjectOf(...other), isSame)
    }),
    { numRuns: 2_000 },
  )
})

test('long names that begin alike differ', () => {
  const long = 'x'.repeat(500)
  assert.notEqual(nameOf('p', `${long}1`), nameOf('p', `${long}2`))
})

test('names of the usual topics can be read', () => {
  assert.equal(nameOf('fanlight', 'questions.live.dead'), 'fanlight_questions_live_dead')
  assert.equal(subjectOf('fanlight', 'questions.live'), 'fanlight.questions_live')
})
