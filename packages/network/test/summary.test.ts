import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type GraphEditor, int, ints, tensor } from '@fanlight/onnx'
import { layerIn, summaryOf } from '../src/index.ts'
import { fixture, fixturesAbsent, handBuilt, held, scattered } from './hand-built.ts'

/** Conv (3 → 4, groups 1) and Conv (3 → 6, groups 3) beside each other, added up through nodes without weights. */
function branching(editor: GraphEditor): void {
  const same = { pads: ints(1, 1, 1, 1), kernel_shape: ints(3, 3) }
  held(editor, 'w1', [4, 3, 3, 3], scattered(108))
  held(editor, 'b1', [4], scattered(4))
  held(editor, 'w2', [6, 1, 3, 3], scattered(54))
  held(editor, 'w3', [4, 10, 1, 1], scattered(40))
  const [left] = editor.addNode('Conv', { inputs: ['images', 'w1', 'b1'], outputs: ['left'], attributes: same })
  editor.addNode('Conv', { inputs: ['images', 'w2'], outputs: ['right'], attributes: { ...same, group: int(3) } })
  editor.addNode('Relu', { inputs: [left!], outputs: ['relu'] })
  editor.addNode('Concat', { inputs: ['relu', 'right'], outputs: ['both'], attributes: { axis: int(1) } })
  editor.addNode('Conv', { inputs: ['both', 'w3'], outputs: ['joined'] })
}

const shapes = new Map([
  ['left', [1, 4, 8, 8]],
  ['right', [1, 6, 8, 8]],
  ['relu', [1, 4, 8, 8]],
  ['both', [1, 10, 8, 8]],
  ['joined', [1, 4, 8, 8]],
])

suite('the summary of a network', () => {
  test('counts parameters and multiply-accumulates of convolutions by their definition', () => {
    const summary = summaryOf(handBuilt(branching), shapes)
    assert.equal(summary.parameters, 108 + 4 + 54 + 40)
    assert.equal(summary.parameterBytes, 4 * summary.parameters)
    const macs = (name: string) => layerIn(summary.layers, name).macs
    assert.equal(macs('left'), 4 * 64 * 27)
    assert.equal(macs('right'), 6 * 64 * 9, 'a group sees its own channels only')
    assert.equal(macs('joined'), 4 * 64 * 10)
    assert.equal(macs('relu'), 0)
    assert.equal(summary.macs, 4 * 64 * 27 + 6 * 64 * 9 + 4 * 64 * 10)
  })

  test('tells which layers feed which, and where branches meet behind layers without parameters', () => {
    const { layers } = summaryOf(handBuilt(branching), shapes)
    assert.deepEqual(layerIn(layers, 'both').from, ['relu', 'right'])
    assert.deepEqual(layerIn(layers, 'left').from, ['images'])
    assert.deepEqual(layerIn(layers, 'left').after, [])
    assert.deepEqual(layerIn(layers, 'joined').after, ['left', 'right'])
  })

  test('keeps what sets a layer apart, and infers a kernel that the node leaves out', () => {
    const { layers } = summaryOf(handBuilt(branching))
    assert.deepEqual(layerIn(layers, 'right').attributes, { kernel: [3, 3], padding: [1, 1, 1, 1], groups: [3] })
    assert.deepEqual(layerIn(layers, 'joined').attributes, { kernel: [1, 1] })
    assert.deepEqual(layerIn(layers, 'both').attributes, { axis: [1] })
  })

  test('says that a cost is unknown where no shape is known, instead of 0', () => {
    const summary = summaryOf(handBuilt(branching))
    assert.equal(summary.layersOfUnknownCost, 3)
    assert.equal(layerIn(summary.layers, 'left').macs, null)
    assert.equal(layerIn(summary.layers, 'left').shape, null)
    assert.deepEqual(summary.inputs, [{ name: 'images', type: 'float32', shape: [1, 3, 8, 8] }])
    assert.deepEqual(summary.metadata, { made: 'here' })
  })

  test('counts dense layers and transposed convolutions by what they multiply', () => {
    const model = handBuilt((editor) => {
      held(editor, 'up', [3, 5, 2, 2], scattered(60))
      held(editor, 'dense', [20, 7], scattered(140))
      held(editor, 'bias', [7], scattered(7))
      editor.addNode('ConvTranspose', { inputs: ['images', 'up'], outputs: ['big'] })
      editor.addNode('Gemm', { inputs: ['row', 'dense', 'bias'], outputs: ['logits'] })
      editor.addNode('MatMul', { inputs: ['query', 'key'], outputs: ['attention'] })
    })
    const given = new Map([
      ['big', [1, 5, 16, 16]],
      ['row', [2, 20]],
      ['logits', [2, 7]],
      ['query', [2, 4, 9, 16]],
      ['attention', [2, 4, 9, 11]],
    ])
    const { layers, parameters } = summaryOf(model, given)
    assert.deepEqual(
      layers.map(({ macs }) => macs),
      [3 * 64 * 5 * 4, 2 * 7 * 20, 2 * 4 * 9 * 11 * 16],
    )
    assert.equal(parameters, 60 + 140 + 7)
  })

  test('counts a shared tensor once, statistics and grids not at all, vectors that are added as biases', () => {
    const model = handBuilt((editor) => {
      held(editor, 'w', [3, 3, 1, 1], scattered(9))
      for (const name of ['scale', 'shift', 'mean', 'variance', 'bias']) held(editor, name, [3], scattered(3))
      held(editor, 'grid', [1, 8, 8], scattered(64))
      editor.addNode('Conv', { inputs: ['images', 'w'], outputs: ['a'] })
      editor.addNode('Conv', { inputs: ['a', 'w'], outputs: ['b'] })
      editor.addNode('BatchNormalization', { inputs: ['b', 'scale', 'shift', 'mean', 'variance'], outputs: ['c'] })
      editor.addNode('Add', { inputs: ['c', 'bias'], outputs: ['d'] })
      editor.addNode('Mul', { inputs: ['d', 'grid'], outputs: ['e'] })
    })
    const { layers, parameters, otherConstants } = summaryOf(model)
    assert.deepEqual(
      layers.map(({ parameters }) => parameters),
      [9, 0, 6, 3, 0],
    )
    assert.equal(parameters, 18)
    assert.equal(otherConstants, 6 + 64)
  })

  test('finds weights in Constant nodes and behind Identity, and names what has no name by its output', () => {
    const model = handBuilt((editor) => {
      const value = { type: 4 as const, t: tensor('', [3, 3, 1, 1], Float32Array.from(scattered(9))) }
      editor.addNode('Constant', { inputs: [], outputs: ['kept'], attributes: { value } })
      editor.addNode('Identity', { inputs: ['kept'], outputs: ['passed'] })
      editor.addNode('Conv', { inputs: ['images', 'passed'], outputs: ['out'] })
    })
    const { layers } = summaryOf(model)
    assert.deepEqual(
      layers.map(({ name, op, parameters }) => [name, op, parameters]),
      [['out', 'Conv', 9]],
    )
  })

  test('gives layers of one name names of their own', () => {
    const model = handBuilt((editor) => {
      for (const [at, input] of ['images', 'a', 'b'].entries()) {
        editor.addNode('Relu', { inputs: [input], outputs: ['abc'[at]!] })
      }
    })
    for (const node of model.graph!.node) node.name = 'same'
    const { layers } = summaryOf(model)
    assert.equal(new Set(layers.map(({ name }) => name)).size, 3)
    assert.deepEqual(layers[2]!.from, [layers[1]!.name])
  })

  test('ends for a graph with a cycle', () => {
    const model = handBuilt((editor) => {
      editor.addNode('Add', { inputs: ['images', 'b'], outputs: ['a'] })
      editor.addNode('Relu', { inputs: ['a'], outputs: ['b'] })
    })
    assert.deepEqual(summaryOf(model).layers[0]!.from, ['images', 'b'])
  })

  test('offers the nearest name for a layer that is not there', () => {
    const { layers } = summaryOf(handBuilt(branching))
    assert.throws(() => layerIn(layers, 'rigth'), { code: 'NOT_FOUND', message: /"rigth": did you mean "right"\?/ })
    assert.throws(() => layerIn(layers, '\u001b[2J'), { message: /"\\u001b\[2J"/ })
  })
})

suite('the summaries of real networks', () => {
  // Megvii states 0.91 M parameters and 1.08 GFLOPs: their tool counts a BatchNormalization's two numbers a channel, of
  // which folding leaves one, and its work. Two FLOPs are one multiply-accumulate.
  test('yolox_nano has the size that its authors state', { skip: fixturesAbsent }, () => {
    const { parameters, macs, layersOfUnknownCost } = summaryOf(fixture('yolox_nano.onnx'))
    assert.equal(layersOfUnknownCost, 0)
    assert.ok(Math.abs(parameters / 0.91e6 - 1) < 0.01, `${parameters}`)
    assert.ok(Math.abs((2 * macs) / 1.08e9 - 1) < 0.04, `${macs}`)
  })

  test('the same network in another layout has the same parameters', { skip: fixturesAbsent }, () => {
    const [raw, decoded] = ['yolox_nano.onnx', 'yolox_nano_v8layout.onnx'].map((file) => summaryOf(fixture(file)))
    assert.equal(decoded!.parameters, raw!.parameters)
    assert.ok(decoded!.otherConstants > raw!.otherConstants, 'its grids are no parameters')
  })
})
