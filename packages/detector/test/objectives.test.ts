import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box, Objective } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { type FamilyName, families } from '../src/families/index.ts'
import type { LossGains, Predictions } from '../src/family.ts'
import { ciou } from '../src/objectives/ciou.ts'
import { binaryCrossEntropy, crossEntropy } from '../src/objectives/cross-entropy.ts'
import { objectives } from '../src/objectives/index.ts'
import type { NetworkTarget } from '../src/scoring.ts'
import { boxOf, cotangentsOf, differences, type Head, heads } from './heads.ts'

const NO_GAINS: LossGains = { box: 1, obj: 1, cls: 1 }
const gainsOf = (family: FamilyName) => families[family].lossGains ?? NO_GAINS

/** An object close to the prediction: every edge lies elsewhere, within, without and across. */
function targetOf(head: Head, index: number): NetworkTarget {
  const predictions = head.decode(head.outputs)
  const [x1, y1, x2, y2] = boxOf(predictions, index)
  const [w, h] = [x2 - x1, y2 - y1]
  const box: Box = [x1 + 0.13 * w, y1 - 0.11 * h, x2 + 0.07 * w, y2 - 0.19 * h]
  const classes = Array.from({ length: head.classCount }, (_, c) => c)
  return { box, class: classes.find((c) => c > 0 && predictions.probability(index, c) > 0) ?? 0 }
}

/** CIoU word for word (Zheng et al. 2020, eq. 10 to 12), with the weight of its last term given or not. */
function literalCiou(a: Box, b: Box, heldAlpha?: number): { value: number; alpha: number } {
  const overlap = (from: 0 | 1) => Math.max(0, Math.min(a[from + 2]!, b[from + 2]!) - Math.max(a[from], b[from]))
  const hull = (from: 0 | 1) => Math.max(a[from + 2]!, b[from + 2]!) - Math.min(a[from], b[from])
  const centre = (box: Box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as const
  const sides = (box: Box) => [box[2] - box[0], box[3] - box[1]] as const
  const area = (box: Box) => sides(box)[0] * sides(box)[1]
  const both = overlap(0) * overlap(1)
  const iou = both / (area(a) + area(b) - both)
  const rho = Math.hypot(centre(a)[0] - centre(b)[0], centre(a)[1] - centre(b)[1])
  const c = Math.hypot(hull(0), hull(1))
  const angle = (box: Box) => Math.atan(sides(box)[0] / sides(box)[1])
  const v = (4 / Math.PI ** 2) * (angle(b) - angle(a)) ** 2
  const alpha = heldAlpha ?? v / (1 - iou + v)
  return { value: iou - rho ** 2 / c ** 2 - alpha * v, alpha }
}

const bce = (p: number, y: boolean) => -Math.log(y ? p : 1 - p)

/** Each objective as a formula of what is read, to be differentiated by differences. */
function formula(objective: Objective, head: Head, index: number): ((predictions: Predictions) => number) | undefined {
  const target = targetOf(head, index)
  const { family, classCount } = head
  const gains = gainsOf(family)
  const clean = head.decode(head.outputs)
  const classes = Array.from({ length: classCount }, (_, c) => c)
  const best = classes.reduce((a, b) => (clean.probability(index, b) > clean.probability(index, a) ? b : a))
  const probability = (predictions: Predictions) => predictions.probability(index, target.class)
  const { alpha } = literalCiou(boxOf(clean, index), target.box)
  const [w, h] = [target.box[2] - target.box[0], target.box[3] - target.box[1]]
  switch (objective) {
    case 'class':
      return probability
    case 'objectness':
      return (predictions) => predictions.objectness?.(index) ?? predictions.probability(index, best)
    case 'score':
      return (predictions) => probability(predictions) * (predictions.objectness?.(index) ?? 1)
    case 'box':
      return (predictions) => {
        const [x1, y1, x2, y2] = boxOf(predictions, index)
        return (x2 - x1) / w + (y2 - y1) / h
      }
    case 'loss.box':
      return (predictions) => gains.box * (1 - literalCiou(boxOf(predictions, index), target.box, alpha).value)
    case 'loss.obj':
      return clean.objectness && ((predictions) => gains.obj * bce(predictions.objectness!(index), true))
    case 'loss.cls': {
      const counted = /classifier|tiny-yolov2|^detr/.test(family) ? [target.class] : classes
      return (predictions) =>
        gains.cls * counted.reduce((sum, c) => sum + bce(predictions.probability(index, c), c === target.class), 0)
    }
  }
}

for (const head of heads) {
  for (const objective of Object.keys(objectives) as Objective[]) {
    test(`${head.title}: the value of ${objective}, and its derivative`, () => {
      for (const index of head.indices) {
        const value = formula(objective, head, index)
        const held = { index, target: targetOf(head, index), gains: gainsOf(head.family) }
        const into = cotangentsOf(head.outputs)
        const ask = () => objectives[objective]({ ...held, predictions: head.decode(head.outputs) }, into)
        if (!value) return assert.throws(ask, { code: 'MODEL_UNSUPPORTED', message: /loss\.box.*loss\.cls/ })
        const answer = ask()
        near(answer.value, value(head.decode(head.outputs)))
        const expected = differences(head, value)
        const actual = into.flatMap((values) => [...values])
        const tolerance = 1e-3 * Math.max(...expected.map(Math.abs), 1e-3)
        expected.forEach((slope, element) => {
          if (slope === 0) assert.equal(actual[element], 0, `element ${element} is touched`)
          assert.ok(Math.abs(actual[element]! - slope) <= tolerance, `${element}: ${actual[element]}, not ${slope}`)
        })
      }
    })
  }
}

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} where ${expected} was expected`)
}

test('CIoU by hand: 2 × 2 pixels against 2 × 4, one pixel to the right and below', () => {
  // IoU 1 / 11, ρ² 5, c² 34, v = 4/π² (atan ½ − atan 1)² = 0.0419565, α = 0.0441161.
  near(ciou([0, 0, 2, 2], [1, 1, 3, 5]).value, 1 / 11 - 5 / 34 - 0.0441161 * 0.0419565, 1e-7)
})

test('CIoU of a tall box against a flat one: its slopes are differences with α held', () => {
  const [box, target]: [Box, Box] = [
    [12, 3, 20, 45],
    [5, 20, 41, 31],
  ]
  const { slopes } = ciou(box, target)
  const { alpha } = literalCiou(box, target)
  assert.ok(alpha > 0.2, `the aspect must weigh: α is ${alpha}`)
  for (const side of [0, 1, 2, 3] as const) {
    const moved = (by: number) => literalCiou(box.with(side, box[side] + by) as Box, target, alpha).value
    near(slopes[side], (moved(1e-4) - moved(-1e-4)) / 2e-4, 1e-8)
  }
})

test('CIoU of boxes apart still pulls them together', () => {
  const { value, slopes } = ciou([0, 0, 10, 10], [30, 0, 40, 10])
  near(value, -(30 ** 2) / (40 ** 2 + 10 ** 2))
  assert.ok(slopes[0] + slopes[2] > 0, `${slopes}`)
})

test('CIoU is at its maximum for the own box, whatever the rounding of its edges', () => {
  for (const rounding of [0, 1e-4, -1e-4]) {
    const { value, slopes } = ciou([10, 20, 50, 90], [10 + rounding, 20 - rounding, 50 + rounding, 90 + rounding])
    near(value, 1, 1e-4)
    for (const slope of slopes) near(slope, 0, 1e-6)
  }
})

test('CIoU of a box without extent is a number', () => {
  for (const number of [...ciou([5, 5, 5, 5], [0, 0, 10, 10]).slopes, ciou([7, 7, 3, 3], [0, 0, 10, 10]).value]) {
    assert.ok(Number.isFinite(number))
  }
})

test('logarithms of 0 are finite, and sigmoids bring their slopes back to 1', () => {
  assert.ok(Number.isFinite(crossEntropy(0).value) && Number.isFinite(binaryCrossEntropy(1, false).slope))
  for (const p of [1e-9, 1e-3, 0.5]) {
    near(crossEntropy(p).slope * p * (1 - p), -(1 - p))
    near(binaryCrossEntropy(1 - p, false).slope * p * (1 - p), 1 - p)
  }
})

test('the slope tells a saturated target: a quarter at even odds, nothing at certainty, none of boxes and losses', () => {
  const predictions = (objectness: number, probability: number): Predictions => ({
    count: 1,
    classCount: 1,
    objectness: () => objectness,
    probability: () => probability,
    box: (_, into) => into.set([0, 0, 10, 10]),
    backward: { objectness: () => {}, probability: () => {}, box: () => {} },
  })
  const slopeOf = (objective: Objective, objectness: number, probability: number) =>
    objectives[objective](
      {
        predictions: predictions(objectness, probability),
        index: 0,
        target: { box: [0, 0, 10, 10], class: 0 },
        gains: NO_GAINS,
      },
      [],
    ).slope
  assert.equal(slopeOf('class', 1, 0.5), 0.25)
  assert.equal(slopeOf('objectness', 0.5, 1), 0.25)
  assert.deepEqual([slopeOf('score', 1, 1), slopeOf('score', 0.5, 1), slopeOf('score', 1, 0.5)], [0, 0.25, 0.25])
  for (const objective of ['box', 'loss.box', 'loss.obj', 'loss.cls'] as const) {
    assert.equal(slopeOf(objective, 0.5, 0.5), null)
  }
})

test('the objectness of a family without one says which terms there are', () => {
  const head = heads.find(({ family }) => family === 'ultralytics')!
  const held = {
    predictions: head.decode(head.outputs),
    index: 0,
    target: targetOf(head, 0),
    gains: gainsOf(head.family),
  }
  assert.throws(() => objectives['loss.obj'](held, []), InputError)
})
