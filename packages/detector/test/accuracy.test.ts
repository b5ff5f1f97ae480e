import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { Box, DetectAnswer, ScoreQuestion } from '@fanlight/contracts'
import {
  detectIn,
  fixturesAbsent,
  iou,
  loadDetector,
  modelPath,
  photoPath,
  scoresIn,
  type TrueObject,
  valPhotos,
} from './fixtures.ts'

type Found = DetectAnswer['detections'][number]
type Match = (found: Found, object: TrueObject) => boolean

/** COCO's bound between medium and large, in pixels of area. */
const LARGE = 96 ** 2
const area = ([x1, y1, x2, y2]: Box) => (x2 - x1) * (y2 - y1)

const sameClass: Match = (found, object) => found.label === object.label && iou(found.box, object.box) >= 0.5
const person: Match = (found, object) => object.label === 'person' && iou(found.box, object.box) >= 0.5
/** COCO has no faces, but a face lies within a person. */
const faceOfPerson: Match = (found, object) => {
  const [x1, y1, x2, y2] = found.box
  const within: Box = [
    Math.max(x1, object.box[0]),
    Math.max(y1, object.box[1]),
    Math.min(x2, object.box[2]),
    Math.min(y2, object.box[3]),
  ]
  const inside = within[0] < within[2] && within[1] < within[3] ? area(within) : 0
  return object.label === 'person' && inside > 0.8 * area(found.box)
}

interface Expectation {
  readonly name: string
  readonly match: Match
  readonly minScore: number
  /** Only these objects can be found. */
  readonly label?: string
  /** A little below what was measured when this was written: in comments. */
  readonly largeRecall: number
  readonly precision: number
}

// These are networks of a million parameters: what they miss and mistake is theirs. A mistake in channels, scale,
// padding or decoding costs half of these figures or more.
const expectations: readonly Expectation[] = [
  { name: 'yolox_nano', match: sameClass, minScore: 0.3, largeRecall: 0.62, precision: 0.62 }, // .66, .67
  { name: 'yolox_nano_v8layout', match: sameClass, minScore: 0.3, largeRecall: 0.62, precision: 0.62 }, // .66, .67
  { name: 'nanodet_m_320', match: sameClass, minScore: 0.3, largeRecall: 0.6, precision: 0.53 }, // .65, .57
  { name: 'light_person_192', match: person, minScore: 0.3, label: 'person', largeRecall: 0.72, precision: 0.68 }, // .78, .73
  { name: 'ultraface_rfb_320', match: faceOfPerson, minScore: 0.7, label: 'person', largeRecall: 0.33, precision: 0.6 }, // .39, .73
]

for (const expectation of expectations) {
  test(`${expectation.name} finds what is in val2017 photos`, { skip: fixturesAbsent }, async (t) => {
    const { largeRecall, precision } = await measure(expectation, t)
    assert.ok(largeRecall >= expectation.largeRecall, `recall of large objects is ${largeRecall}`)
    assert.ok(precision >= expectation.precision, `precision is ${precision}`)
  })
}

async function measure({ name, match, minScore, label }: Expectation, t: TestContext) {
  const detector = await loadDetector(modelPath(name))
  const count = { objects: 0, recalled: 0, large: 0, largeRecalled: 0, detections: 0, right: 0 }
  for (const photo of valPhotos()) {
    const { detections } = await detectIn(detector, await readFile(photoPath(photo.file)), minScore)
    const objects = photo.objects.filter((object) => label === undefined || object.label === label)
    for (const object of objects) {
      const recalled = detections.some((found) => match(found, object)) ? 1 : 0
      count.objects += 1
      count.recalled += recalled
      if (area(object.box) < LARGE) continue
      count.large += 1
      count.largeRecalled += recalled
    }
    // Members of a crowd have no boxes of their own.
    if (photo.crowds) continue
    count.detections += detections.length
    count.right += detections.filter((found) => objects.some((object) => match(found, object))).length
  }
  const [largeRecall, precision] = [count.largeRecalled / count.large, count.right / count.detections]
  t.diagnostic(
    `${name} at score ≥ ${minScore}, IoU ≥ 0.5: recall ${count.recalled}/${count.objects}, of large objects ` +
      `${count.largeRecalled}/${count.large} = ${largeRecall.toFixed(2)}; precision ${count.right}/${count.detections} = ${precision.toFixed(2)}`,
  )
  return { largeRecall, precision }
}

test('the two files of YOLOX-Nano agree within 1 pixel and 0.01 of score', { skip: fixturesAbsent }, async (t) => {
  const [raw, relaid] = [
    await loadDetector(modelPath('yolox_nano')),
    await loadDetector(modelPath('yolox_nano_v8layout')),
  ]
  const worst = { pixels: 0, score: 0, detections: 0 }
  for (const { file } of valPhotos()) {
    const photo = await readFile(photoPath(file))
    const [left, right] = [await detectIn(raw, photo), await detectIn(relaid, photo)]
    assert.deepEqual(
      right.detections.map(({ label }) => label),
      left.detections.map(({ label }) => label),
      file,
    )
    left.detections.forEach((found, i) => {
      const twin = right.detections[i]!
      worst.detections += 1
      worst.score = Math.max(worst.score, Math.abs(found.score - twin.score))
      for (const side of [0, 1, 2, 3] as const) {
        worst.pixels = Math.max(worst.pixels, Math.abs(found.box[side] - twin.box[side]))
      }
    })
  }
  t.diagnostic(`${worst.detections} detections: at most ${worst.pixels} pixels and ${worst.score} of score apart`)
  assert.ok(worst.pixels < 1 && worst.score < 0.01 && worst.detections > 50)
})

test('they agree on every mask of a photo too, whatever the objective they share', {
  skip: fixturesAbsent,
}, async (t) => {
  const photo = await readFile(photoPath('000000008021.jpg'))
  const raw = await loadDetector(modelPath('yolox_nano'))
  const { detections } = await detectIn(raw, photo)
  const question: ScoreQuestion = {
    kind: 'score',
    targets: detections.map(({ box, class: wanted }) => ({ box, class: wanted })),
    // The relaid file has no objectness left.
    objectives: ['score'],
    minObjectness: 0.05,
    segments: { kind: 'grid', rows: 8, cols: 8, edges: 'bilinear' },
    fill: { kind: 'mean' },
    coalitions: [{ kind: 'random', count: 20, first: 0, seed: 1, probability: 0.5, shift: true }],
  }
  const left = await scoresIn(raw, photo, question)
  const right = await scoresIn(await loadDetector(modelPath('yolox_nano_v8layout')), photo, question)
  const worst = left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0)
  t.diagnostic(`${left.length} values: at most ${worst} apart`)
  assert.ok(left.length === 20 * detections.length && worst < 1e-4)
})
