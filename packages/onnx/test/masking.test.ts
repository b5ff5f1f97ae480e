import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { NodeProtoSchema, OperatorSetIdProtoSchema } from '../src/generated/onnx_pb.ts'
import {
  ElemType,
  encodeModel,
  GraphEditor,
  int,
  type Model,
  maskedModel,
  maskInputs,
  signatureOf,
} from '../src/index.ts'
import { fixtureModel, fixtureNames } from './fixtures.ts'
import { smallModel } from './small-model.ts'

const rows = 5
const columns = 7

for (const name of fixtureNames) {
  test(`${name}: masking in the graph equals masking outside`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const [plain, masked] = await Promise.all([runner(model), runner(maskedModel(model, imageInput(model)))])
    for (const seed of [1, 2]) {
      const feeds = maskFeeds(model, seed)
      assertClose(await masked(feeds), await plain({ [imageInput(model).inputName]: outside(feeds) }))
    }
  })

  test(`${name}: a mask of ones gives the plain network's outputs`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const feeds = maskFeeds(model, 3)
    valuesOf(feeds[maskInputs.grid]).fill(1)
    const sum = valuesOf(feeds[maskInputs.base]).map((base, i) => base + valuesOf(feeds[maskInputs.delta])[i]!)
    const image = new Tensor('float32', sum, feeds[maskInputs.base]!.dims)
    const [plain, masked] = await Promise.all([runner(model), runner(maskedModel(model, imageInput(model)))])
    assertClose(await masked(feeds), await plain({ [imageInput(model).inputName]: image }))
  })
}

for (const photos of ['one photo', 'a photo each']) {
  test(`a network with an open batch takes several masks at once, over ${photos}, and keeps them apart`, async (t) => {
    const model = await fixtureModel('yolox_nano_v8layout')
    if (!model) return t.skip('detector fixtures absent')
    const masked = await runner(maskedModel(model, imageInput(model)))
    const [one, two] = [maskFeeds(model, 1), maskFeeds(model, 2)]
    const both: Feeds = { ...one }
    const shared: string[] = photos === 'one photo' ? [maskInputs.base, maskInputs.delta] : []
    for (const name of Object.values(maskInputs).filter((name) => !shared.includes(name))) {
      const [, ...dims] = one[name]!.dims
      both[name] = new Tensor('float32', new Float32Array([...valuesOf(one[name]), ...valuesOf(two[name])]), [
        2,
        ...dims,
      ])
    }
    for (const name of shared) two[name] = one[name]!
    const apart = new Float32Array([...(await masked(one)).output0!, ...(await masked(two)).output0!])
    assertClose(await masked(both), { output0: apart })
  })
}

test('a float16 network is masked in float32, and cast', async () => {
  const editor = new GraphEditor(smallModel())
  const [weights] = editor.addNode('Cast', {
    inputs: ['weights'],
    attributes: { to: int(ElemType.FLOAT16) },
    at: 'start',
  })
  editor.renameUses('weights', weights!)
  // The rename reached the Cast itself.
  editor.model.graph!.node[0]!.input = ['weights']
  editor.removeInput('image')
  editor.addInput('image', ElemType.FLOAT16, [1, 3, 4, 4])
  editor.model.graph!.output = []
  editor.addOutput('output', ElemType.FLOAT16, [1, 2, 4, 4])
  const feeds = maskFeeds(smallModel(), 1)
  const half = await runner(maskedModel(editor.model, imageInput(smallModel())))
  const whole = await runner(maskedModel(smallModel(), imageInput(smallModel())))
  assertClose(await half(feeds), await whole(feeds), 5e-3)
})

test('a file of before 2019, whose weights must be inputs, is masked', async () => {
  const model = smallModel()
  model.irVersion = 3n
  model.opsetImport = [create(OperatorSetIdProtoSchema, { version: 7n })]
  const editor = new GraphEditor(model)
  editor.addInput('weights', ElemType.FLOAT, [2, 3, 1, 1])
  const masked = maskedModel(editor.model, imageInput(editor.model))
  assert.deepEqual(
    signatureOf(masked).inputs.map(({ name }) => name),
    Object.values(maskInputs),
  )
  const feeds = maskFeeds(editor.model, 1)
  const plain = await runner(editor.model)
  assertClose(await (await runner(masked))(feeds), await plain({ image: outside(feeds) }))
})

test('the given model stays as it is, and only the input and what reads it change', async (t) => {
  const model = await fixtureModel('yolox_nano')
  if (!model) return t.skip('detector fixtures absent')
  const before = encodeModel(model)
  const masked = maskedModel(model, imageInput(model))
  assert.deepEqual(encodeModel(model), before)
  // MatMul, MatMul, Mul, Add and a wide Conv, for eight Slices, a Concat and a Conv.
  assert.deepEqual(masked.graph!.node.slice(5), model.graph!.node.slice(10))
  assert.deepEqual(masked.graph!.output, model.graph!.output)
  assert.deepEqual(masked.opsetImport, model.opsetImport)
})

test('a Focus stays where something else needs it', async (t) => {
  const model = await fixtureModel('light_person_192')
  if (!model) return t.skip('detector fixtures absent')
  const editor = new GraphEditor(model)
  const concat = editor.nodes.find(({ opType }) => opType === 'Concat')!
  editor.addOutput(concat.output[0]!, ElemType.FLOAT, [1, 12, 96, 96])
  const masked = maskedModel(editor.model, imageInput(model))
  assert.equal(masked.graph!.node.filter(({ opType }) => opType === 'Slice').length, 8)
})

test('what cannot be masked is refused with what was seen and what to do', () => {
  const refused = (model: Model, change: Partial<ReturnType<typeof imageInput>>, message: RegExp) =>
    assert.throws(() => maskedModel(model, { ...imageInput(smallModel()), ...change }), {
      code: 'MODEL_UNSUPPORTED',
      message,
    })
  refused(smallModel(), { inputName: 'imge' }, /no input "imge".*"image"/)
  refused(smallModel(), { width: 8 }, /\[1, 3, 4, 4\] of type 1.*\[1, 3, 4, 8\]/)
  const old = smallModel()
  old.opsetImport = [create(OperatorSetIdProtoSchema, { version: 6n })]
  refused(old, {}, /operator set 6.*opset 7 or later/)
  const taken = smallModel()
  taken.graph!.node.push(create(NodeProtoSchema, { opType: 'Relu', input: ['image'], output: [maskInputs.ry] }))
  refused(taken, {}, /a value named "fanlight\.ry"/)
})

type Feeds = Record<string, Tensor>

function imageInput(model: Model) {
  const { name, shape } = signatureOf(model).inputs[0]!
  return { inputName: name, height: shape![2] as number, width: shape![3] as number }
}

/** Pseudo-random and in the range of pixels; the rows of Ry and the columns of Rxᵀ sum to one, as interpolation does. */
function maskFeeds(model: Model, seed: number): Feeds {
  const { height, width } = imageInput(model)
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state / 0x7fffffff
  }
  const values = (length: number, scale: number) => Float32Array.from({ length }, () => random() * scale)
  const rxt = new Float32Array(columns * width)
  const ry = new Float32Array(height * rows)
  const spread = (length: number, cells: number, set: (at: number, cell: number, weight: number) => void) => {
    for (let at = 0; at < length; at++) {
      const weight = random()
      const cell = Math.floor(random() * (cells - 1))
      set(at, cell, weight)
      set(at, cell + 1, 1 - weight)
    }
  }
  spread(height, rows, (y, row, weight) => (ry[y * rows + row] = weight))
  spread(width, columns, (x, column, weight) => (rxt[column * width + x] = weight))
  const image = [1, 3, height, width]
  return {
    [maskInputs.base]: new Tensor('float32', values(3 * height * width, 128), image),
    [maskInputs.delta]: new Tensor('float32', values(3 * height * width, 128), image),
    [maskInputs.ry]: new Tensor('float32', ry, [1, 1, height, rows]),
    [maskInputs.grid]: new Tensor('float32', values(rows * columns, 1), [1, 1, rows, columns]),
    [maskInputs.rxt]: new Tensor('float32', rxt, [1, 1, columns, width]),
  }
}

/** base + delta · Ry · G · Rxᵀ, by its definition. */
function outside(feeds: Feeds): Tensor {
  const [base, delta, ry, grid, rxt] = Object.values(maskInputs).map((name) => valuesOf(feeds[name])) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const [, , height, width] = feeds[maskInputs.base]!.dims as [number, number, number, number]
  const image = base.map((value, i) => {
    const x = i % width
    const y = Math.floor(i / width) % height
    let mask = 0
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        mask += ry[y * rows + row]! * grid[row * columns + column]! * rxt[column * width + x]!
      }
    }
    return value + delta[i]! * mask
  })
  return new Tensor('float32', image, [1, 3, height, width])
}

function valuesOf(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array
}

type Outputs = Record<string, Float32Array>

async function runner(model: Model): Promise<(feeds: Feeds) => Promise<Outputs>> {
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1, logSeverityLevel: 3 })
  return async (feeds) => {
    const outputs = Object.entries(await session.run(feeds))
    return Object.fromEntries(outputs.map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]))
  }
}

/** Every value, against the largest of its output. */
function assertClose(actual: Outputs, expected: Outputs, tolerance = 1e-4): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected))
  for (const [name, values] of Object.entries(expected)) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[name]![i]!)), 0)
    assert.ok(scale > 0 && worst <= tolerance * scale, `${name} differs by ${worst} of ${scale}`)
    assert.equal(actual[name]!.length, values.length)
  }
}
