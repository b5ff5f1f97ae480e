import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Preprocess } from '@fanlight/contracts'
import { decodeImage, toTensor } from '@fanlight/image'
import { decodeModel, signatureOf } from '@fanlight/onnx'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { tfjsWeights } from '../src/models/tfjs-weights.ts'
import { tinyFaceModelBytes } from '../src/models/tiny-face.ts'

const folder = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))
const mean: [number, number, number] = [117.001, 114.697, 97.404]
const preprocess: Preprocess = {
  channels: 'RGB',
  mean,
  std: [255, 255, 255],
  resize: 'letterbox-top-left',
  pad: [-mean[0] / 255, -mean[1] / 255, -mean[2] / 255],
}

test('the file gives the numbers of face-api’s own network', async () => {
  const side = 96
  const pixels = Float32Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 256)
  const expected = await faceApiForward(pixels, side)
  const image = new Float32Array(pixels.length)
  for (let i = 0; i < pixels.length; i++) {
    image[(i % 3) * side * side + Math.floor(i / 3)] = (pixels[i]! - mean[i % 3]!) / 255
  }
  const actual = await forward(image, side)
  const grid = side / 32
  for (let channel = 0; channel < 25; channel++) {
    for (let cell = 0; cell < grid * grid; cell++) {
      const difference = Math.abs(actual[channel * grid * grid + cell]! - expected[cell * 25 + channel]!)
      assert.ok(difference < 1e-4, `channel ${channel}, cell ${cell} differs by ${difference}`)
    }
  }
})

// Where the faces are, in pixels of the photo: looked at.
const faces = {
  'sample3.jpg': [
    [1161, 394],
    [680, 503],
    [1589, 473],
  ],
  'sample5.jpg': [
    [471, 1048],
    [1500, 554],
    [678, 556],
    [1200, 366],
    [849, 228],
  ],
}

for (const [photo, centres] of Object.entries(faces)) {
  test(`it finds the ${centres.length} faces of ${photo}, and nothing else`, async () => {
    const image = await decodeImage(await readFile(join(folder, 'demo', photo)))
    const { tensor } = toTensor(image, { width: 416, height: 416, preprocess })
    const scale = Math.max(image.width, image.height) / 416
    const found = confidentCentres(await forward(tensor, 416), 13).map(([x, y]) => [x * scale, y * scale] as const)
    for (const [x, y] of centres as [number, number][]) {
      assert.ok(
        found.some((at) => Math.hypot(at[0] - x, at[1] - y) < 60),
        `no face near ${x}, ${y}`,
      )
    }
    for (const at of found) {
      assert.ok(
        centres.some(([x, y]) => Math.hypot(at[0] - x!, at[1] - y!) < 120),
        `a face at ${at} where none is`,
      )
    }
  })
}

test('the bytes are the same every time, and say what they are', async () => {
  const bytes = await tinyFaceModelBytes()
  assert.deepEqual(await tinyFaceModelBytes(), bytes)
  const { inputs, outputs, metadata } = signatureOf(decodeModel(bytes))
  assert.deepEqual(inputs, [{ name: 'image', shape: [1, 3, 416, 416], elemType: 1 }])
  assert.deepEqual(outputs, [{ name: 'output', shape: [1, 25, 13, 13], elemType: 1 }])
  assert.equal(metadata['fanlight.family'], 'tiny-yolov2')
  assert.deepEqual(JSON.parse(metadata['fanlight.classes']!), ['face'])
  assert.equal(JSON.parse(metadata['fanlight.anchors']!).length, 10)
})

test('a side that the network cannot have is refused', async () => {
  await assert.rejects(tinyFaceModelBytes(400), RangeError)
})

test('weights are float32, or 8 bits as q · scale + min, one after the other, and must fill the file', () => {
  const spec = { dtype: 'float32', shape: [2] }
  const quantization = { dtype: 'uint8', scale: 0.5, min: -1 }
  const manifest = [
    {
      weights: [
        { ...spec, name: 'a', quantization },
        { ...spec, name: 'b' },
      ],
    },
  ]
  const floats = Float32Array.of(-0.25, 1e9)
  const bytes = Uint8Array.of(0, 255, ...new Uint8Array(floats.buffer))
  const weights = tfjsWeights(manifest, bytes)
  assert.deepEqual(weights.get('a')?.data, Float32Array.of(-1, 126.5))
  assert.deepEqual(weights.get('b')?.data, floats)
  assert.throws(() => tfjsWeights(manifest, bytes.subarray(1)), {
    code: 'MODEL_INVALID',
    message: /9 bytes.*claims 10/,
  })
  assert.throws(() => tfjsWeights({}, Uint8Array.of()), { code: 'MODEL_INVALID' })
})

async function forward(image: Float32Array, side: number): Promise<Float32Array> {
  const session = await InferenceSession.create(await tinyFaceModelBytes(side), { intraOpNumThreads: 1 })
  const { output } = await session.run({ image: new Tensor('float32', image, [1, 3, side, side]) })
  await session.release()
  return output!.data as Float32Array
}

/** Centres of all predictions with an objectness over 0.6, before any suppression. */
function confidentCentres(output: Float32Array, grid: number): [number, number][] {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
  const centres: [number, number][] = []
  for (let anchor = 0; anchor < 5; anchor++) {
    for (let cell = 0; cell < grid * grid; cell++) {
      const value = (k: number) => output[(anchor * 5 + k) * grid * grid + cell]!
      if (sigmoid(value(4)) < 0.6) continue
      centres.push([((cell % grid) + sigmoid(value(0))) * 32, (Math.floor(cell / grid) + sigmoid(value(1))) * 32])
    }
  }
  return centres
}

interface FaceApi {
  tf: {
    setBackend(name: string): Promise<boolean>
    io: { decodeWeights(bytes: ArrayBuffer, specs: unknown): unknown }
    tensor4d(values: Float32Array, shape: number[]): unknown
    tensor1d(values: readonly number[]): unknown
    sub(a: unknown, b: unknown): unknown
    div(a: unknown, b: unknown): unknown
  }
  TinyFaceDetector: new () => {
    params: unknown
    loadFromWeightMap(map: unknown): void
    runMobilenet(x: unknown, params: unknown): { data(): Promise<Float32Array> }
  }
}

/** The package's own code on its bundled TensorFlow.js: [side / 32, side / 32, 25]. */
async function faceApiForward(pixels: Float32Array, side: number): Promise<Float32Array> {
  // The bundle for browsers is the one that comes without native parts; it looks for a document before it starts.
  Object.assign(globalThis, { window: { document: {} } })
  const { tf, TinyFaceDetector }: FaceApi = await import(pathToFileURL(join(folder, 'dist/face-api.esm.js')).href)
  await tf.setBackend('cpu')
  const name = join(folder, 'model/tiny_face_detector_model')
  const manifest = JSON.parse(await readFile(`${name}-weights_manifest.json`, 'utf8'))
  const weights = Uint8Array.from(await readFile(`${name}.bin`)).buffer
  const network = new TinyFaceDetector()
  network.loadFromWeightMap(tf.io.decodeWeights(weights, manifest[0].weights))
  const input = tf.div(tf.sub(tf.tensor4d(pixels, [1, side, side, 3]), tf.tensor1d(mean)), 255)
  return network.runMobilenet(input, network.params).data()
}
