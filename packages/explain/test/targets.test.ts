import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DetectAnswer, type GivenTarget, targetId } from '@fanlight/contracts'
import { findTargets } from '../src/index.ts'
import { contextOf, hex, policy } from './suite.ts'

type Detection = DetectAnswer['detections'][number]

const seen = (score: number, changes: Partial<Detection> = {}): Detection => ({
  box: [score * 10, 0, 100, 100],
  class: 3,
  label: 'cat',
  score,
  values: [score, score + 0.01, score + 0.02, score + 0.03],
  ...changes,
})

function found(detections: Detection[], changes: Partial<typeof policy> = {}, count = detections.length) {
  const finding = findTargets(contextOf({ policy: { ...policy, ...changes } }))
  const { value: question } = finding.next(undefined as never)
  const { done, value } = finding.next({ kind: 'detect', width: 200, height: 100, detections, found: count })
  assert.ok(done)
  return { question, found: value }
}

test('the detector is asked for what the policy wants', () => {
  const { question } = found([], { minScore: 0.4, maxTargets: 5 })
  assert.deepEqual(question, { kind: 'detect', minScore: 0.4, maxDetections: 5 })
})

test('each detection under each objective is a target with the id and the clean value of its own', () => {
  const { targets } = found([seen(0.9), seen(0.5)], { objectives: ['box', 'score'] }).found
  assert.deepEqual(
    targets.map(({ target, detection, objective, fullValue }) => [
      target.objective,
      target.score,
      detection,
      objective,
      fullValue,
    ]),
    [
      ['box', 0.9, 0, 0, 0.93],
      ['score', 0.9, 0, 1, 0.9],
      ['box', 0.5, 1, 0, 0.53],
      ['score', 0.5, 1, 1, 0.5],
    ],
  )
  assert.equal(targets[1]!.target.id, targetId(hex('a'), hex('b'), [9, 0, 100, 100], 3, 'score'))
})

test('the best detections are kept and the others counted as cut', () => {
  const { detections, targetsCut } = found([seen(0.5), seen(0.9), seen(0.7)], { maxTargets: 2 }, 8).found
  assert.deepEqual(
    detections.map(({ score }) => score),
    [0.9, 0.7],
  )
  assert.equal(targetsCut, 6)
})

test('a detection that is said twice, or an objective, is one target', () => {
  const { targets, targetsCut } = found([seen(0.9), seen(0.8, { box: [9, 0, 100, 100] }), seen(0.8, { class: 4 })], {
    objectives: ['score', 'score'],
  }).found
  assert.deepEqual(
    targets.map(({ target }) => [target.class, target.score]),
    [
      [3, 0.9],
      [4, 0.8],
    ],
  )
  assert.equal(targetsCut, 0)
})

test('given boxes are explained instead of the detections, with the score of the detection that lies on them', () => {
  const given = [
    { box: [85, 0, 100, 100], class: 3, label: 'cat' },
    { box: [0, 0, 20, 20], class: 5, label: 'dog' },
  ] satisfies GivenTarget[]
  const { question, found: made } = found([seen(0.4), seen(0.8, { box: [84, 0, 100, 98] })], { given, maxTargets: 1 })
  assert.deepEqual(question, { kind: 'detect', minScore: 0.3, maxDetections: 1000 })
  assert.deepEqual(
    made.targets.map(({ target, fullValue }) => [target.box, target.label, target.score, fullValue]),
    [
      [[85, 0, 100, 100], 'cat', 0.8, null],
      [[0, 0, 20, 20], 'dog', 0, null],
    ],
  )
  assert.equal(made.targetsCut, 0)
})
