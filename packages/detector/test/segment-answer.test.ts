import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type SegmentQuestion, sha256 } from '@fanlight/contracts'
import { type DecodedImage, decodeImage } from '@fanlight/image'
import { decodeModel, signatureOf } from '@fanlight/onnx'
import { segmentsOf } from '@fanlight/segments'
import { describeModel, recogniseDetector, sessionModel } from '../src/index.ts'
import { prepareImage } from '../src/session/prepared-images.ts'
import { answerSegments } from '../src/session/segment-answer.ts'
import { brightDetector } from './bright-detector.ts'
import { fixturesAbsent, photoPath } from './fixtures.ts'
import { plainPhoto, scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const question = { kind: 'segment', rows: 32, cols: 48, segments: 40, compactness: 10 } as const

/** The network has no part in the answer: any will do. */
function segmentsIn(image: DecodedImage, changes: Partial<SegmentQuestion> = {}) {
  const descriptor = recogniseDetector(signatureOf(decodeModel(brightDetector())))
  const asked: SegmentQuestion = { ...question, ...changes }
  const { rows, cols } = asked
  const { count, labels: of } = answerSegments(prepareImage(image, descriptor), asked)
  return { count, labels: segmentsOf({ kind: 'grid', rows, cols, edges: 'hard', labels: { count, of } }) }
}

function painted(width: number, height: number, rgb: (x: number, y: number) => readonly number[]): DecodedImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return rgb(pixel % width, Math.floor(pixel / width))[i % 3]!
  })
  return { width, height, data }
}

test('segments of the photo, not of the network’s square: two colours fall apart where the photo changes', () => {
  const photo = painted(960, 320, (x) => (x < 400 ? [200, 30, 30] : [30, 30, 200]))
  const { count, labels } = segmentsIn(photo)
  assert.ok(count >= 30 && count <= 60, `${count} segments`)
  const sides = Array.from({ length: count }, () => new Set<boolean>())
  for (const [cell, label] of labels.entries()) sides[label]!.add(cell % 48 < 20)
  assert.ok(sides.every(({ size }) => size === 1))
})

for (const [what, width, height] of [
  ['one pixel', 1, 1],
  ['one pixel high', 500, 1],
  ['grey', 64, 300],
] as const) {
  test(`a photo that has nothing to tell apart is cut into blocks: ${what}`, () => {
    const { count, labels } = segmentsIn(painted(width, height, () => [90, 90, 90]))
    assert.equal(labels.length, 32 * 48)
    assert.ok(count >= 20 && count <= 80, `${count} segments`)
    assert.equal(new Set(labels).size, count)
  })
}

test('more segments than cells are as many as cells', () => {
  const { count } = segmentsIn(
    painted(10, 10, () => [1, 2, 3]),
    { rows: 4, cols: 3, segments: 1000 },
  )
  assert.equal(count, 12)
})

test('a photo’s segments are about as many as wanted', {
  skip: fixturesAbsent,
}, async () => {
  const image = await decodeImage(await readFile(photoPath('chelsea.png')))
  const { count } = segmentsIn(image, { rows: 64, cols: 64, segments: 60 })
  assert.ok(count >= 40 && count <= 90, `${count} segments`)
})

test('a session answers it, among other questions, with the same segments each time', async () => {
  const photo = plainPhoto(150)
  const image = { sha256: sha256(photo), uri: 'memory:', bytes: photo.length }
  const detector = await describeModel(folder.write('bright.onnx', brightDetector()))
  await using model = sessionModel({ images: { read: async () => photo }, workers: 1, sessions: 1, batch: 4 })
  const asked = [question, { kind: 'detect', minScore: 0.1, maxDetections: 5 } as const, question]
  const answers = await Promise.all(asked.map((question) => model.answer({ detector, image, question }, never)))
  assert.deepEqual(
    answers.map(({ answer }) => answer.kind),
    ['segment', 'detect', 'segment'],
  )
  assert.deepEqual(answers[2]!.answer, answers[0]!.answer)
})
