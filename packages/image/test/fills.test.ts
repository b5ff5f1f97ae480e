import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fill } from '@fanlight/contracts'
import { type DecodedImage, fillTensor, meanColour, type TensorShape, toTensor } from '../src/index.ts'

type Resize = TensorShape['preprocess']['resize']

const PAD = [-7, -8, -9] as const

const shape = (width: number, height: number, resize: Resize): TensorShape => ({
  width,
  height,
  preprocess: { channels: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize, pad: [...PAD] },
})

/** Black and white tiles, coloured at random: the hardest to blur. */
function tiles(width: number, height: number): DecodedImage {
  let seed = 1
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    data[i] = (Math.floor(x / 7) + Math.floor(y / 7)) % 2 === 0 ? 255 - (seed >>> 26) : seed >>> 26
  }
  return { width, height, data }
}

function filled(image: DecodedImage, network: TensorShape, fill: Fill) {
  const photo = { ...toTensor(image, network), meanColour: meanColour(image) }
  return { ...photo, filled: fillTensor(photo, fill, network) }
}

type Weight = (dx: number, dy: number) => number

/** The mean of all content, as `weight` says, at every pixel of the content; pixel by pixel, plainly and slowly. */
function* means({ tensor, placement }: ReturnType<typeof filled>, { width, height }: TensorShape, weight: Weight) {
  const { offsetX, offsetY } = placement
  for (let plane = 0; plane < 3; plane++) {
    const at = (x: number, y: number) => (plane * height + offsetY + y) * width + offsetX + x
    for (let y = 0; y < placement.height; y++) {
      for (let x = 0; x < placement.width; x++) {
        let [sum, weights, all] = [0, 0, 0]
        for (let v = 0; v < placement.height; v++) {
          for (let u = 0; u < placement.width; u++) {
            const w = weight(Math.abs(u - x), Math.abs(v - y))
            sum += w * tensor[at(u, v)]!
            all += tensor[at(u, v)]!
            weights += w
          }
        }
        yield { at: at(x, y), mean: weights > 0 ? sum / weights : all / (placement.width * placement.height) }
      }
    }
  }
}

const shapes: readonly { what: string; image: DecodedImage; network: TensorShape }[] = [
  { what: 'portrait', image: tiles(30, 61), network: shape(32, 32, 'letterbox-center') },
  { what: 'landscape', image: tiles(61, 30), network: shape(40, 32, 'letterbox-top-left') },
  { what: 'stretched', image: tiles(20, 60), network: shape(36, 32, 'stretch') },
  { what: 'stretched, one pixel high', image: tiles(40, 1), network: shape(32, 24, 'stretch') },
  { what: 'one pixel wide', image: tiles(1, 200), network: shape(24, 40, 'letterbox-center') },
  { what: 'one pixel', image: tiles(1, 1), network: shape(24, 16, 'letterbox-center') },
]

for (const { what, image, network } of shapes) {
  const { placement } = toTensor(image, network)
  const [scaleX, scaleY] = [placement.width / image.width, placement.height / image.height]
  const side = Math.max(image.width, image.height)

  test(`a blurred photo is that of a true Gaussian within 0.1 % of its range: ${what}`, () => {
    for (const sigma of [0.005, 0.05, 0.5]) {
      const made = filled(image, network, { kind: 'blur', sigma })
      const [across, down] = [sigma * side * scaleX, sigma * side * scaleY]
      const gaussian: Weight = (dx, dy) => Math.exp(-((dx / across) ** 2 + (dy / down) ** 2) / 2)
      for (const { at, mean } of means(made, network, gaussian))
        assert.ok(Math.abs(made.filled[at]! - mean) < 0.255, `σ ${sigma}: ${made.filled[at]}, not ${mean}`)
    }
  })

  test(`a pixel is painted with the mean of the ring around it: ${what}`, () => {
    for (const radius of [0.01, 0.1, 0.5]) {
      const made = filled(image, network, { kind: 'inpaint', radius })
      const ring = (scale: number) => {
        const inner = Math.round(radius * side * scale)
        return { inner, outer: Math.max(inner + 1, Math.round(2 * radius * side * scale)) }
      }
      const [across, down] = [ring(scaleX), ring(scaleY)]
      const weight: Weight = (dx, dy) =>
        dx <= across.outer && dy <= down.outer && !(dx <= across.inner && dy <= down.inner) ? 1 : 0
      for (const { at, mean } of means(made, network, weight))
        assert.ok(Math.abs(made.filled[at]! - mean) < 1e-4, `radius ${radius}: ${made.filled[at]}, not ${mean}`)
    }
  })
}

const fills: readonly Fill[] = [
  { kind: 'mean' },
  { kind: 'constant', rgb: [1, 2, 3] },
  { kind: 'blur', sigma: 0.05 },
  { kind: 'inpaint', radius: 0.1 },
]

for (const fill of fills) {
  test(`${fill.kind}: padding stays, and plays no part in what stands in the photo`, () => {
    const [image, network] = [tiles(40, 20), shape(48, 48, 'letterbox-center')]
    const other = {
      ...network,
      preprocess: { ...network.preprocess, pad: [1e6, 1e6, 1e6] as [number, number, number] },
    }
    const { filled: some, placement } = filled(image, network, fill)
    const { filled: others } = filled(image, other, fill)
    some.forEach((value, i) => {
      const [x, y] = [i % 48, Math.floor(i / 48) % 48]
      const inside =
        x >= placement.offsetX &&
        x < placement.offsetX + placement.width &&
        y >= placement.offsetY &&
        y < placement.offsetY + placement.height
      if (inside) assert.equal(others[i], value)
      else assert.deepEqual([value, others[i]], [PAD[Math.floor(i / 48 ** 2)], 1e6])
    })
  })
}

test('a photo of one colour is its own blur, and its own surroundings', () => {
  const image = { width: 50, height: 31, data: new Uint8Array(50 * 31 * 3).fill(93) }
  const network = shape(64, 48, 'stretch')
  for (const fill of [{ kind: 'blur', sigma: 0.3 } as const, { kind: 'inpaint', radius: 0.02 } as const]) {
    for (const value of filled(image, network, fill).filled) assert.ok(Math.abs(value - 93) < 1e-4)
  }
})
