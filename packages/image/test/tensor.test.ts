import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillTensor, meanColour, type TensorShape, toTensor } from '../src/index.ts'
import { gradient } from './pictures.ts'

const shape = (width: number, height: number, preprocess: Partial<TensorShape['preprocess']> = {}): TensorShape => ({
  width,
  height,
  preprocess: { channels: 'RGB', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0], ...preprocess },
})

const greys = (...values: number[]) => ({
  width: values.length,
  height: 1,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
})

test('enlarging interpolates between pixel centres, as OpenCV does', () => {
  const { tensor } = toTensor(greys(0, 255), shape(4, 1))
  // cv2.resize(np.uint8([[0, 255]]), (4, 1)) → 0 64 191 255
  assert.deepEqual([...tensor.subarray(0, 4)], [0, 64, 191, 255])
})

test('shrinking takes the two nearest pixels, without smoothing', () => {
  const { tensor } = toTensor(greys(0, 10, 20, 30, 200, 210, 220, 230, 90), shape(3, 1))
  // Centres 1, 4 and 7 of nine.
  assert.deepEqual([...tensor.subarray(0, 3)], [10, 200, 230])
})

test('columns and rows are interpolated alike', () => {
  const { tensor } = toTensor(gradient(64, 48), shape(32, 24))
  for (const [x, y] of [
    [0, 0],
    [10, 3],
    [31, 23],
  ] as const) {
    assert.equal(tensor[y * 32 + x], Math.round((2 * x + 0.5) * 3))
    assert.equal(tensor[32 * 24 + y * 32 + x], Math.round((2 * y + 0.5) * 3))
  }
})

test('at its own size the photo is copied', () => {
  const image = gradient(20, 10)
  const { tensor } = toTensor(image, shape(20, 10))
  assert.deepEqual([...tensor.subarray(0, 200)], [...image.data.filter((_, i) => i % 3 === 0)])
})

test('channels, mean and std are in the order of the network', () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) }
  const numbers = { mean: [1, 2, 3], std: [2, 4, 8] } satisfies Partial<TensorShape['preprocess']>
  assert.deepEqual([...toTensor(image, shape(1, 1, { ...numbers, channels: 'RGB' })).tensor], [4.5, 4.5, 3.375])
  assert.deepEqual([...toTensor(image, shape(1, 1, { ...numbers, channels: 'BGR' })).tensor], [14.5, 4.5, 0.875])
})

test('padding is the value given, untouched by mean and std', () => {
  const preprocess = { resize: 'letterbox-center', mean: [9, 9, 9], std: [3, 3, 3], pad: [7, 8, -9] } as const
  const { tensor } = toTensor(
    greys(30, 30),
    shape(2, 4, { ...preprocess, mean: [...preprocess.mean], std: [...preprocess.std], pad: [...preprocess.pad] }),
  )
  assert.deepEqual([...tensor.subarray(0, 8)], [7, 7, 7, 7, 7, 7, 7, 7].fill(7, 2, 4).with(2, 7).with(3, 7))
})

test('the mean colour is that of all pixels, rounded', () => {
  assert.deepEqual(meanColour({ width: 2, height: 1, data: Uint8Array.of(0, 10, 255, 1, 20, 255) }), [1, 15, 255])
})

test('a fill is what a photo of one colour would give', () => {
  for (const resize of ['letterbox-center', 'letterbox-top-left', 'stretch'] as const) {
    const image = gradient(61, 30)
    const network = shape(24, 32, { resize, channels: 'BGR', mean: [1, 2, 3], std: [4, 5, 6], pad: [114, 113, 112] })
    const photo = { ...toTensor(image, network), meanColour: meanColour(image) }
    const painted = (rgb: number[]) => ({ ...image, data: image.data.map((_, i) => rgb[i % 3]!) })
    assert.deepEqual(fillTensor(photo, { kind: 'mean' }, network), toTensor(painted(meanColour(image)), network).tensor)
    assert.deepEqual(
      fillTensor(photo, { kind: 'constant', rgb: [114, 0, 255] }, network),
      toTensor(painted([114, 0, 255]), network).tensor,
    )
  }
})
