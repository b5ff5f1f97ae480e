import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type CoalitionSet, type Descriptor, decodeFloat32, type Fill, type Grid } from '@fanlight/contracts'
import { type DecodedImage, decodeImage, meanColour, toTensor } from '@fanlight/image'
import { ElemType, GraphEditor, newModel } from '@fanlight/onnx'
import { type Coalition, coalitionAt, emptyCoalition, fullCoalition, maskAt } from '@fanlight/segments'
import type { LoadedDetector } from '../src/session/answer.ts'
import { maskFeeds } from '../src/session/mask-feeds.ts'
import { openMaskedNetwork } from '../src/session/masked-network.ts'
import { prepareImage } from '../src/session/prepared-images.ts'
import { answerQuestion, fixturesAbsent, loadDetector, modelPath, photoPath } from './fixtures.ts'

const SIDE = 96

/** What a network gets, as its output. */
async function mirror() {
  const editor = new GraphEditor(newModel({ name: 'mirror', opset: 13, producer: 'test' }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, SIDE, SIDE])
  editor.addNode('Identity', { inputs: ['images'], outputs: ['seen'] })
  editor.addOutput('seen', ElemType.FLOAT, [1, 3, SIDE, SIDE])
  return openMaskedNetwork(editor.model, { name: 'images', width: SIDE, height: SIDE })
}

function descriptorFor(resize: Descriptor['preprocess']['resize']): Descriptor {
  return {
    family: 'yolox',
    familyVersion: 1,
    inputName: 'images',
    width: SIDE,
    height: SIDE,
    preprocess: { channels: 'BGR', mean: [10, 20, 30], std: [2, 3, 4], resize, pad: [-7, -8, -9] },
    classNames: ['thing'],
    strides: [],
    anchors: [],
    nmsIou: 0.5,
  }
}

/** Soft waves: what a resize leaves as it is. */
function waves(width: number, height: number): DecodedImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    data[i] = 128 + 100 * Math.sin((x / width) * 3 + (i % 3)) * Math.cos((y / height) * 4)
  }
  return { width, height, data }
}

/** The photo masked by hand, at its own size, before any preprocessing. */
function maskedOutside(
  image: DecodedImage,
  coalition: Coalition,
  grid: Grid,
  painted: ArrayLike<number>,
): DecodedImage {
  const kept = maskAt(coalition, grid, image.width, image.height)
  const data = image.data.map((value, i) => {
    const share = kept[Math.floor(i / 3)]!
    return Math.round(share * value + (1 - share) * painted[i]!)
  })
  return { ...image, data }
}

/** What stands where the photo is removed, plainly and slowly. */
function paintedOver(image: DecodedImage, fill: Fill): ArrayLike<number> {
  if (fill.kind === 'mean' || fill.kind === 'constant') {
    const rgb = fill.kind === 'mean' ? meanColour(image) : fill.rgb
    return image.data.map((_, i) => rgb[i % 3]!)
  }
  const side = Math.max(image.width, image.height)
  if (fill.kind === 'blur') {
    const gaussian = (distance: number) => Math.exp(-((distance / (fill.sigma * side)) ** 2) / 2)
    return weighted(image, (dx, dy) => gaussian(dx) * gaussian(dy))
  }
  const isWithin = (dx: number, dy: number, half: number) => Math.max(Math.abs(dx), Math.abs(dy)) <= Math.round(half)
  const [inner, outer] = [fill.radius * side, 2 * fill.radius * side]
  return weighted(image, (dx, dy) => (isWithin(dx, dy, outer) && !isWithin(dx, dy, inner) ? 1 : 0))
}

/** Means of all pixels around each one, by how far away they are. */
function weighted({ width, height, data }: DecodedImage, weight: (dx: number, dy: number) => number): Float64Array {
  const weights = Float64Array.from({ length: width * height }, (_, i) => weight(i % width, Math.floor(i / width)))
  const painted = new Float64Array(data.length)
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)]
    let [red, green, blue, all] = [0, 0, 0, 0]
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        const w = weights[Math.abs(v - y) * width + Math.abs(u - x)]!
        const from = (v * width + u) * 3
        red += w * data[from]!
        green += w * data[from + 1]!
        blue += w * data[from + 2]!
        all += w
      }
    }
    painted.set([red / all, green / all, blue / all], at * 3)
  }
  return painted
}

async function maskedInside(image: DecodedImage, descriptor: Descriptor, { coalition, grid, fill }: Masked) {
  const prepared = prepareImage(image, descriptor)
  const feeds = maskFeeds()([{ positions: prepared.positions, grid, coalition }])
  const [output] = await (await mirror()).run({ base: prepared.base, delta: prepared.delta(fill), ...feeds })
  return output!.data
}

interface Masked {
  readonly coalition: Coalition
  readonly grid: Grid
  readonly fill: Fill
}

const random = (shift: boolean): CoalitionSet => ({
  kind: 'random',
  count: 2,
  first: 5,
  seed: 7,
  probability: 0.5,
  shift,
})
const grids: readonly Grid[] = [
  { kind: 'grid', rows: 6, cols: 5, edges: 'bilinear' },
  { kind: 'grid', rows: 6, cols: 5, edges: 'hard' },
]
const constant: Fill = { kind: 'constant', rgb: [12, 200, 99] }
const fills: readonly Fill[] = [
  { kind: 'mean' },
  constant,
  { kind: 'blur', sigma: 0.05 },
  { kind: 'inpaint', radius: 0.1 },
]

const shapes = [
  { what: 'portrait', width: 60, height: SIDE, resize: 'letterbox-center' },
  { what: 'landscape', width: SIDE, height: 50, resize: 'letterbox-top-left' },
  { what: 'square', width: SIDE, height: SIDE, resize: 'stretch' },
] as const

for (const { what, width, height, resize } of shapes) {
  test(`a mask in the graph is a mask on the pixels: ${what} photo, ${resize}`, async () => {
    const [image, descriptor] = [waves(width, height), descriptorFor(resize)]
    for (const fill of fills) {
      const painted = paintedOver(image, fill)
      for (const grid of grids) {
        for (const shift of [false, true]) {
          const coalition = coalitionAt([random(shift)], grid, 1)
          const inside = await maskedInside(image, descriptor, { coalition, grid, fill })
          const outside = toTensor(maskedOutside(image, coalition, grid, painted), descriptor).tensor
          // Pixels outside are rounded to whole numbers: half a level, over the smallest of the standard deviations.
          const worst = inside.reduce((most, value, i) => Math.max(most, Math.abs(value - outside[i]!)), 0)
          assert.ok(worst < 0.26, `${grid.edges}, shift ${shift}, ${fill.kind}: ${worst}`)
        }
      }
    }
  })
}

const scaled = [
  { what: 'portrait', width: 150, height: 400, resize: 'letterbox-top-left' },
  { what: 'landscape', width: 320, height: 200, resize: 'letterbox-center' },
  { what: 'stretched', width: 300, height: 70, resize: 'stretch' },
] as const

for (const { what, width, height, resize } of scaled) {
  test(`so it is when the photo is scaled: ${what}, ${resize}`, async () => {
    const [image, descriptor, fill] = [waves(width, height), descriptorFor(resize), constant]
    const [grid] = grids as [Grid]
    const painted = paintedOver(image, fill)
    for (const shift of [false, true]) {
      const coalition = coalitionAt([random(shift)], grid, 0)
      const inside = await maskedInside(image, descriptor, { coalition, grid, fill })
      const outside = toTensor(maskedOutside(image, coalition, grid, painted), descriptor).tensor
      const worst = inside.reduce((most, value, i) => Math.max(most, Math.abs(value - outside[i]!)), 0)
      const mean = inside.reduce((sum, value, i) => sum + Math.abs(value - outside[i]!), 0) / inside.length
      assert.ok(worst < 4 && mean < 0.25, `shift ${shift}: at most ${worst}, ${mean} in the mean`)
    }
  })
}

test('with everything kept the network gets the photo to the last bit; with nothing, the fill; padding stays', async () => {
  const [image, descriptor, fill] = [waves(60, 90), descriptorFor('letterbox-top-left'), constant]
  const [grid] = grids as [Grid]
  const full = coalitionAt([fullCoalition(grid)], grid, 0)
  const { tensor, placement } = toTensor(image, descriptor)
  assert.deepEqual(await maskedInside(image, descriptor, { coalition: full, grid, fill }), tensor)

  const empty = coalitionAt([emptyCoalition(grid)], grid, 0)
  const seen = await maskedInside(image, descriptor, { coalition: empty, grid, fill })
  seen.forEach((value, i) => {
    const channel = Math.floor(i / SIDE ** 2)
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE]
    const colour = [(99 - 10) / 2, (200 - 20) / 3, (12 - 30) / 4][channel]!
    const expected = x < placement.width && y < placement.height ? colour : [-7, -8, -9][channel]!
    assert.ok(Math.abs(value - expected) < 1e-4, `channel ${channel} at ${x}, ${y} is ${value}`)
  })
})

test('two fills that take turns, and that of a detection, are made once', () => {
  const prepared = prepareImage(waves(60, 90), descriptorFor('letterbox-center'))
  const taken = fills.slice(0, 3)
  const first = taken.map((fill) => prepared.delta(fill))
  for (let turn = 0; turn < 2; turn++)
    for (const [i, fill] of taken.entries()) assert.equal(prepared.delta(fill), first[i])
  for (const fill of fills) prepared.delta(fill)
  assert.notEqual(prepared.delta(fills[0]!), first[0], 'the one used longest ago is let go')
})

const real = [
  { model: 'yolox_nano', file: '000000001296.jpg', what: 'portrait' },
  { model: 'nanodet_m_320', file: '000000000785.jpg', what: 'landscape' },
  { model: 'ultraface_rfb_320', file: '000000008021.jpg', what: 'stretched' },
]

for (const { model, file, what } of real) {
  test(`${model} scores a ${what} photo masked in the graph as one masked outside`, {
    skip: fixturesAbsent,
  }, async () => {
    const detector = await loadDetector(modelPath(model))
    const image = await decodeImage(await readFile(photoPath(file)))
    const [grid] = grids as [Grid]
    const fill: Fill = { kind: 'mean' }
    for (let index = 0; index < 2; index++) {
      const set = random(index === 1)
      const inside = await scoresOf(detector, image, { grid, fill, sets: [{ ...set, count: 1 }] })
      const outside = maskedOutside(image, coalitionAt([set], grid, 0), grid, paintedOver(image, fill))
      const expected = await scoresOf(detector, outside, { grid, fill, sets: [fullCoalition(grid)] }, image)
      const worst = Math.max(...inside.map((value, i) => Math.abs(value - expected[i]!)))
      assert.ok(inside.length > 0 && worst < 0.03, `${inside} inside, ${expected} outside`)
    }
  })
}

/** Scores of what is found in `source`. */
async function scoresOf(
  detector: LoadedDetector,
  image: DecodedImage,
  { grid, fill, sets }: { grid: Grid; fill: Fill; sets: CoalitionSet[] },
  source = image,
): Promise<readonly number[]> {
  const found = await answerQuestion(detector, prepareImage(source, detector.descriptor), {
    kind: 'detect',
    minScore: 0.3,
    maxDetections: 5,
  })
  assert.ok(found.kind === 'detect')
  const answer = await answerQuestion(detector, prepareImage(image, detector.descriptor), {
    kind: 'score',
    targets: found.detections.map(({ box, class: wanted }) => ({ box, class: wanted })),
    objectives: ['score'],
    minObjectness: 0.05,
    segments: grid,
    fill,
    coalitions: sets,
  })
  assert.ok(answer.kind === 'score')
  return [...decodeFloat32(answer.values)]
}
