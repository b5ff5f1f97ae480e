import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import {
  ElemType,
  GraphEditor,
  headModel,
  type LocalHead,
  localHeads,
  neckOf,
  normalised,
  shapeProbe,
  signatureOf,
  vjp,
} from '../src/index.ts'
import { type FixtureName, fixtureModel } from './fixtures.ts'
import { randomTensor, sessionOf } from './vjp/gradient-check.ts'

type Values = Readonly<Record<string, Tensor>>

interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** A network with what it makes of noise: its neck, its heads' maps and its outputs. */
async function networkOf(name: FixtureName) {
  const original = await fixtureModel(name)
  if (!original) return undefined
  const model = normalised(original, { freeBatch: false })
  const { name: input, shape } = signatureOf(model).inputs[0]!
  const dims = shape!.map((size, axis) => (typeof size === 'number' ? size : [1, 3, 192, 192][axis]!))
  const image = randomTensor(dims, 3)
  const probe = shapeProbe(model)
  const shapes = probe.read(await (await sessionOf(probe.model)).run({ [input]: image }))
  const neck = neckOf(model, shapes, input)
  const heads = localHeads(model, shapes, neck)!
  const tapped = withOutputs(model, shapes, [
    ...signatureOf(model).outputs.map((output) => output.name),
    ...neck,
    ...heads.flatMap(({ maps }) => maps),
  ])
  const values: Values = await (await sessionOf(tapped)).run({ [input]: image })
  return { model, shapes, neck, heads, values }
}
type Network = NonNullable<Awaited<ReturnType<typeof networkOf>>>

function withOutputs(model: Network['model'], shapes: Network['shapes'], names: readonly string[]) {
  const editor = new GraphEditor(model)
  editor.model.graph!.output = []
  for (const name of new Set(names)) editor.addOutput(name, ElemType.FLOAT, shapes.get(name)!)
  return editor.model
}

const floatsOf = (tensor: Tensor) => tensor.data as Float32Array
const largestOf = (data: Float32Array) => data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
const sumOf = (data: Float32Array) => data.reduce((sum, value) => sum + Math.abs(value), 0)

function assertClose(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length)
  const limit = 1e-5 * largestOf(expected)
  assert.ok(limit > 0 && actual.every((value, i) => Math.abs(value - expected[i]!) <= limit))
}

/** Of [1, C, H, W]. */
function cutOut(tensor: Tensor, { top, left, height, width }: Window): Tensor {
  const [, channels, rows, columns] = tensor.dims as [number, number, number, number]
  const cut = new Float32Array(channels * height * width)
  for (let row = 0; row < channels * height; row++) {
    const start = (Math.floor(row / height) * rows + top + (row % height)) * columns + left
    cut.set(floatsOf(tensor).subarray(start, start + width), row * width)
  }
  return new Tensor('float32', cut, [1, channels, height, width])
}

/** Noise in all channels of one cell of each map, and 0 elsewhere. */
function cellCotangents(head: LocalHead, shapes: Network['shapes'], [row, column]: readonly [number, number]): Values {
  const made = head.maps.map((map, i) => {
    const [, channels, rows, columns] = shapes.get(map) as number[]
    const data = new Float32Array(channels! * rows! * columns!)
    for (const [channel, value] of floatsOf(randomTensor([channels!], i + 5)).entries())
      data[(channel * rows! + row) * columns! + column] = value
    return [map, new Tensor('float32', data, [1, channels!, rows!, columns!])] as const
  })
  return Object.fromEntries(made)
}

/** dL/d(neck) of L = Σ cotangent · map. */
async function gradientOf(
  model: Network['model'],
  { head, shapes }: { head: LocalHead; shapes: LocalHead['shapes'] },
  { inputs, cotangents }: { inputs: Values; cotangents: Values },
): Promise<Tensor> {
  const gradient = vjp(model, { wrt: [head.neck], outputs: head.maps, shapes })
  const feeds = { ...inputs }
  for (const map of head.maps) feeds[gradient.cotangents[map]!] = cotangents[map]!
  const ran = await (await sessionOf(gradient.model)).run(feeds)
  return ran[gradient.gradients[head.neck]!]!
}

const radii: Readonly<Partial<Record<FixtureName, number>>> = {
  yolox_nano: 2,
  light_person_192: 2,
  nanodet_m_320: 0,
  ultraface_rfb_320: 1,
}

for (const [name, radius] of Object.entries(radii) as [FixtureName, number][]) {
  test(`${name}: on a window around a cell, a head has the gradient that it has on the whole map`, async (t) => {
    const network = await networkOf(name)
    if (!network) return t.skip('detector fixtures absent')
    const { model, shapes, neck, heads, values } = network
    const whole = headModel(model, neck, shapes)
    for (const head of heads) {
      assert.equal(head.radius, radius)
      const [, , rows, columns] = shapes.get(head.neck) as [number, number, number, number]
      const [, , height, width] = head.shapes.get(head.neck) as [number, number, number, number]
      for (const cell of [
        [0, columns - 1],
        [rows >> 1, columns >> 1],
      ] as const) {
        const cotangents = cellCotangents(head, shapes, cell)
        const inputs = Object.fromEntries(neck.map((value) => [value, values[value]!]))
        const tapped = withOutputs(whole, shapes, head.maps)
        const full = await gradientOf(tapped, { head, shapes }, { inputs, cotangents })
        const start = (at: number, size: number, all: number) => Math.max(0, Math.min(at - radius, all - size))
        const window = { top: start(cell[0], height, rows), left: start(cell[1], width, columns), height, width }
        const cut = (each: Values) =>
          Object.fromEntries(Object.entries(each).map(([key, value]) => [key, cutOut(value, window)]))
        const local = await gradientOf(
          head.model,
          { head, shapes: head.shapes },
          {
            inputs: { [head.neck]: cutOut(values[head.neck]!, window) },
            cotangents: cut(cotangents),
          },
        )
        assertClose(floatsOf(local), floatsOf(cutOut(full, window)))
        const inside = sumOf(floatsOf(local))
        assert.ok(Math.abs(sumOf(floatsOf(full)) - inside) <= 1e-5 * inside, 'nothing lies outside')
      }
    }
  })

  test(`${name}: its heads alone make of the neck what the network makes of the photo`, async (t) => {
    const network = await networkOf(name)
    if (!network) return t.skip('detector fixtures absent')
    const { model, shapes, neck, values } = network
    const heads = headModel(model, neck, shapes)
    const { inputs, outputs } = signatureOf(heads)
    assert.deepEqual(inputs.map((input) => input.name).toSorted(), neck.toSorted())
    const made: Values = await (await sessionOf(heads)).run(
      Object.fromEntries(neck.map((value) => [value, values[value]!])),
    )
    for (const { name: output } of outputs) assertClose(floatsOf(made[output]!), floatsOf(values[output]!))
  })
}

test('a value that no node makes is refused, by name', async (t) => {
  const network = await networkOf('light_person_192')
  if (!network) return t.skip('detector fixtures absent')
  const code = { code: 'MODEL_UNSUPPORTED', message: /"nowhere"/ }
  assert.throws(() => headModel(network.model, ['nowhere'], network.shapes), code)
})
