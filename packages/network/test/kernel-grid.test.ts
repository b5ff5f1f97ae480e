import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { int } from '@fanlight/onnx'
import { type KernelGrid, kernelGrid } from '../src/index.ts'
import { fixture, fixturesAbsent, handBuilt, held, scattered } from './hand-built.ts'

const convolutions = (...layers: readonly { dims: readonly number[]; values: readonly number[]; group?: number }[]) =>
  handBuilt((editor) => {
    for (const [at, { dims, values, group = 1 }] of layers.entries()) {
      held(editor, `w${at}`, dims, values)
      const inputs = [at === 0 ? 'images' : `out${at - 1}`, `w${at}`]
      editor.addNode('Conv', { inputs, outputs: [`out${at}`], attributes: { group: int(group) } })
    }
  })

const pixel = ({ data, width }: KernelGrid, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3).subarray(0, 3),
]

/** The middle of a cell of a tile. */
function cell(grid: KernelGrid, tile: number, row: number, column: number): number[] {
  const [rows, columns] = grid.kernel
  const side = Math.round((grid.width - 2) / grid.columns - 2) / columns
  const left = 2 + (tile % grid.columns) * (columns * side + 2)
  const top = 2 + Math.floor(tile / grid.columns) * (rows * side + 2)
  return pixel(grid, Math.floor(left + (column + 0.5) * side), Math.floor(top + (row + 0.5) * side))
}

suite('pictures of kernels', () => {
  test('the first layer is in colours, zero is grey, in the order that the network takes them', () => {
    // One filter of 1 × 2: the left pixel asks for the first channel, the right one against the third.
    const model = convolutions({ dims: [1, 3, 1, 2], values: [1, 0, 0, 0, 0, -1] })
    const rgb = kernelGrid(model, { layer: 'out0' })
    assert.deepEqual([rgb.kind, rgb.layout, rgb.most, rgb.kernel], ['colour', 'filters', 1, [1, 2]])
    assert.deepEqual(cell(rgb, 0, 0, 0), [255, 128, 128])
    assert.deepEqual(cell(rgb, 0, 0, 1), [128, 128, 0])
    const bgr = kernelGrid(model, { layer: 'out0', channels: 'BGR' })
    assert.deepEqual(cell(bgr, 0, 0, 0), [128, 128, 255])
    assert.deepEqual(cell(bgr, 0, 0, 1), [0, 128, 128])
  })

  test('depthwise kernels are red above zero and blue below, each on its own scale unless one is asked for', () => {
    const model = convolutions({ dims: [2, 1, 1, 2], values: [4, -4, 1, -1] })
    const own = kernelGrid(model, { layer: 'out0' })
    assert.deepEqual(cell(own, 1, 0, 0), cell(own, 0, 0, 0))
    const [red, , blue] = cell(own, 0, 0, 0) as [number, number, number]
    assert.ok(red > 150 && blue < 80, `${red} ${blue}`)
    const [otherRed, , otherBlue] = cell(own, 0, 0, 1) as [number, number, number]
    assert.ok(otherBlue > 150 && otherRed < 80, `${otherRed} ${otherBlue}`)
    const one = kernelGrid(model, { layer: 'out0', scale: 'layer' })
    assert.deepEqual(cell(one, 0, 0, 0), cell(own, 0, 0, 0))
    assert.notDeepEqual(cell(one, 1, 0, 0), cell(own, 1, 0, 0))
  })

  test('a dead filter stays blank on its own scale', () => {
    const model = convolutions({ dims: [2, 1, 1, 2], values: [4, -4, 1e-9, -1e-9] })
    const grid = kernelGrid(model, { layer: 'out0' })
    const [red, green, blue] = cell(grid, 1, 0, 0) as [number, number, number]
    assert.ok(Math.min(red, green, blue) > 235, `${red} ${green} ${blue}`)
  })

  test('other layers are a row a filter and a column an input channel, of which some can be chosen', () => {
    const values = scattered(6 * 4)
    const model = convolutions({ dims: [4, 3, 1, 1], values: scattered(12) }, { dims: [6, 4, 1, 1], values })
    const all = kernelGrid(model, { layer: 'out1' })
    assert.deepEqual(
      [all.kind, all.layout, all.columns, all.filters.length, all.inputs.length],
      ['signed', 'matrix', 4, 6, 4],
    )
    const some = kernelGrid(model, { layer: 'out1', filters: [5], inputs: [3, 0] })
    assert.deepEqual([some.columns, some.filters, some.inputs], [2, [5], [3, 0]])
    assert.ok(Math.abs(some.most - Math.max(Math.abs(values[5 * 4 + 3]!), Math.abs(values[5 * 4]!))) < 1e-6)
  })

  test('refuses layers without kernels, filters that are not there, and pictures beyond all screens', () => {
    const model = convolutions(
      { dims: [4, 3, 1, 1], values: scattered(12) },
      { dims: [6, 4, 1, 1], values: scattered(24) },
    )
    const rectified = handBuilt((editor) => editor.addNode('Relu', { inputs: ['images'], outputs: ['r'] }))
    assert.throws(() => kernelGrid(rectified, { layer: 'r' }), { code: 'USAGE', message: /no weights/ })
    assert.throws(() => kernelGrid(model, { layer: 'out1', filters: [6] }), { code: 'USAGE', message: /0 to 5/ })
    assert.throws(() => kernelGrid(model, { layer: 'out1', inputs: [-1] }), { code: 'USAGE' })
    assert.throws(() => kernelGrid(model, { layer: 'out9' }), { code: 'NOT_FOUND', message: /did you mean "out0"/ })
    const many = Array.from({ length: 6000 }, () => 0)
    assert.throws(() => kernelGrid(model, { layer: 'out1', filters: many }), { code: 'USAGE', message: /too large/ })
  })

  test('a Focus and the convolution behind it are one kernel in colours', { skip: fixturesAbsent }, () => {
    const grid = kernelGrid(fixture('yolox_nano.onnx'), { layer: 'Conv_41', channels: 'BGR' })
    assert.deepEqual([grid.kind, grid.kernel, grid.withFocus, grid.filters.length], ['colour', [6, 6], true, 16])
  })
})
