import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Box, decodeFloat32 } from '@fanlight/contracts'
import { type DecodedImage, decodeImage } from '@fanlight/image'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe } from '../src/session/describe.ts'
import { prepareImage } from '../src/session/prepared-images.ts'
import { EXPRESSIONS, FACE_MEAN, FACE_SIDE, faceApiFolder, faceExpressionModel } from './face-expression.ts'
import { answerQuestion, loadDetector } from './fixtures.ts'
import { scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const path = folder.write('face-expression.onnx', await faceExpressionModel({ softmax: true }))
const logitsPath = folder.write('face-expression-logits.onnx', await faceExpressionModel({ softmax: false }))

test('a real classifier is recognised with and without its softmax, and told by its metadata', async () => {
  for (const [file, family] of [
    [path, 'classifier'],
    [logitsPath, 'classifier-logits'],
  ] as const) {
    const { descriptor } = await describe({ ask: 'describe', path: file, maxModelBytes: 1e9, family: undefined })
    assert.deepEqual([descriptor.family, descriptor.classNames], [family, EXPRESSIONS])
    assert.deepEqual([descriptor.width, descriptor.height], [FACE_SIDE, FACE_SIDE])
    assert.deepEqual([descriptor.preprocess.mean, descriptor.preprocess.std], [FACE_MEAN, [255, 255, 255]])
  }
})

test('the test network gives the numbers of face-api’s own', async () => {
  const area = FACE_SIDE * FACE_SIDE
  const pixels = Float32Array.from({ length: area * 3 }, (_, i) => (i * 7919) % 256)
  const image = new Float32Array(pixels.length)
  for (const [i, pixel] of pixels.entries())
    image[(i % 3) * area + Math.floor(i / 3)] = (pixel - FACE_MEAN[i % 3]!) / 255
  const session = await InferenceSession.create(await faceExpressionModel({ softmax: true }), { intraOpNumThreads: 1 })
  const { output } = await session.run({ image: new Tensor('float32', image, [1, 3, FACE_SIDE, FACE_SIDE]) })
  await session.release()
  const expected = await faceApiForward(pixels)
  for (const [i, probability] of expected.entries()) {
    const actual = Number(output!.data[i])
    assert.ok(Math.abs(actual - probability) < 1e-5, `${EXPRESSIONS[i]} ${actual} where ${probability} was expected`)
  }
})

test('every class is a detection over exactly the whole photo, by falling probability', async () => {
  const sizes = [
    [1, 1],
    [7, 3],
    // Sides that 112 / (112 / side) misses by a rounding.
    [25, 202],
    [1000, 999],
  ] as const
  for (const file of [path, logitsPath]) {
    const detector = await loadDetector(file)
    for (const [width, height] of sizes) {
      const photo = { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31) % 256) }
      const image = prepareImage(photo, detector.descriptor)
      const ask = async (minScore: number, maxDetections: number) => {
        const answer = await answerQuestion(detector, image, { kind: 'detect', minScore, maxDetections })
        return answer.kind === 'detect' ? answer : assert.fail(answer.kind)
      }
      const { detections, found } = await ask(0, 100)
      assert.equal(found, EXPRESSIONS.length)
      assert.deepEqual(detections.map(({ label }) => label).toSorted(), EXPRESSIONS.toSorted())
      assert.deepEqual(
        detections,
        detections.toSorted((a, b) => b.score - a.score),
      )
      const total = detections.reduce((sum, { score }) => sum + score, 0)
      assert.ok(Math.abs(total - 1) < 1e-6)
      for (const { box, score, values } of detections) {
        assert.deepEqual(box, [0, 0, width, height])
        // Score; the class; the surest class for objectness, of which there is none; the box, which always fits.
        assert.deepEqual(values, [score, score, detections[0]!.score, 1].map(Math.fround))
      }
      const two = await ask(0, 2)
      assert.deepEqual([two.detections, two.found], [detections.slice(0, 2), EXPRESSIONS.length])
      const second = detections[1]!.score
      assert.deepEqual((await ask(second, 100)).detections, detections.slice(0, 2))
    }
  }
})

test('a smile makes a face happy, and the mouth is why', async () => {
  const detector = await loadDetector(path)
  const photo = await decodeImage(await readFile(join(faceApiFolder, 'demo/sample3.jpg')))
  const image = prepareImage(cropped(photo, [992, 254, 1327, 537]), detector.descriptor)
  const happy = EXPRESSIONS.indexOf('happy')
  // Of 4 × 4 cells, row by row: what is taken away. Looked at: the mouth lies in the third row's second and third.
  const without = (...cells: readonly number[]) => ({ bits: 0xffff & ~cells.reduce((bits, c) => bits | (1 << c), 0) })
  const kept = [without(), without(9, 10), without(0, 1, 2, 3), without(12, 13, 14, 15)]
  const bits = Buffer.from(Uint16Array.from(kept, (row) => row.bits).buffer).toString('base64')
  const answer = await answerQuestion(detector, image, {
    kind: 'score',
    targets: [{ box: [0, 0, image.width, image.height], class: happy }],
    objectives: ['score'],
    minObjectness: 0.05,
    segments: { kind: 'grid', rows: 4, cols: 4, edges: 'hard' },
    fill: { kind: 'mean' },
    coalitions: [{ kind: 'bits', count: kept.length, bits }],
  })
  const [whole, ...parts] = answer.kind === 'score' ? decodeFloat32(answer.values) : []
  const [mouth, top, bottom] = parts.map((value) => whole! - value)
  // Measured: 0.9997, and falls of 0.17, 0.009 and 0.
  assert.ok(whole! > 0.99, `happy by ${whole}`)
  assert.ok(mouth! > 0.1 && Math.max(top!, bottom!) < 0.02, `falls of ${mouth}, ${top}, ${bottom}`)
})

function cropped({ width, data }: DecodedImage, [left, top, right, bottom]: Box): DecodedImage {
  const rows = Array.from({ length: bottom - top }, (_, y) =>
    data.subarray(((top + y) * width + left) * 3, ((top + y) * width + right) * 3),
  )
  return { width: right - left, height: bottom - top, data: Uint8Array.from(rows.flatMap((row) => [...row])) }
}

interface FaceApi {
  tf: {
    setBackend(name: string): Promise<boolean>
    io: { decodeWeights(bytes: ArrayBuffer, specs: unknown): unknown }
    tensor4d(values: Float32Array, shape: number[]): unknown
  }
  FaceExpressionNet: new () => {
    loadFromWeightMap(map: unknown): void
    forward(input: unknown): Promise<{ data(): Promise<Float32Array> }>
  }
}

/** The package's own code on its bundled TensorFlow.js: probabilities. */
async function faceApiForward(pixels: Float32Array): Promise<Float32Array> {
  // The bundle for browsers is the one that comes without native parts; it looks for a document before it starts.
  Object.assign(globalThis, { window: { document: {} } })
  const { tf, FaceExpressionNet }: FaceApi = await import(
    pathToFileURL(join(faceApiFolder, 'dist/face-api.esm.js')).href
  )
  await tf.setBackend('cpu')
  const file = join(faceApiFolder, 'model/face_expression_model')
  const manifest = JSON.parse(await readFile(`${file}-weights_manifest.json`, 'utf8'))
  const weights = Uint8Array.from(await readFile(`${file}.bin`)).buffer
  const network = new FaceExpressionNet()
  network.loadFromWeightMap(tf.io.decodeWeights(weights, manifest[0].weights))
  const output = await network.forward(tf.tensor4d(pixels, [1, FACE_SIDE, FACE_SIDE, 3]))
  return output.data()
}
