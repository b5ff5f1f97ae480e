import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InferenceSession } from 'onnxruntime-node'
import {
  ElemType,
  elemTypesIn,
  encodeModel,
  GraphEditor,
  int,
  ints,
  type Model,
  normalised,
  openDims,
  shapeProbe,
  signatureOf,
  tensor,
} from '../src/index.ts'
import { fixtureModel, fixtureNames } from './fixtures.ts'
import { randomImage, run } from './normal/running.ts'
import { smallModel } from './small-model.ts'

async function shapesOf(model: Model, batch: number, values?: readonly string[]) {
  const { model: probe, read } = shapeProbe(model, values)
  const [input] = signatureOf(model).inputs
  return read(await run(probe, { [input!.name]: randomImage([batch, ...(input!.shape!.slice(1) as number[])]) }))
}

/** With integers, truth values, and values whose sizes follow the batch in several ways. */
function variedModel(): Model {
  const editor = new GraphEditor(smallModel())
  editor.addInitializer(tensor('pairs', [2], BigInt64Array.of(-1n, 2n)))
  const add = (opType: string, inputs: readonly string[], output: string, attributes = {}) =>
    editor.addNode(opType, { inputs, outputs: [output], attributes })
  add('Shape', ['image'], 'shape')
  add('Reshape', ['output', 'pairs'], 'rows')
  add('Transpose', ['rows'], 'columns', { perm: ints(1, 0) })
  add('MatMul', ['rows', 'columns'], 'square')
  add('Greater', ['rows', 'rows'], 'greater')
  add('NonZero', ['greater'], 'where')
  add('Cast', ['where'], 'found', { to: int(ElemType.FLOAT) })
  for (const name of ['shape', 'greater', 'square', 'found']) editor.addOutput(name, ElemType.FLOAT, [])
  editor.model.graph!.output.forEach(({ name, type }) => {
    if (type?.value.case !== 'tensorType') return
    delete type.value.value.shape
    type.value.value.elemType = name === 'shape' ? ElemType.INT64 : name === 'greater' ? ElemType.BOOL : ElemType.FLOAT
  })
  return normalised(editor.model)
}

test('a probe tells the shapes of float values, of inputs and of weights', async () => {
  const shapes = await shapesOf(variedModel(), 1)
  assert.deepEqual(Object.fromEntries(shapes), {
    weights: [2, 3, 1, 1],
    image: [1, 3, 4, 4],
    output: [1, 2, 4, 4],
    rows: [16, 2],
    columns: [2, 16],
    square: [16, 16],
    found: [2, 0],
  })
})

test('a probe of some values tells these only', async () => {
  const shapes = await shapesOf(variedModel(), 2, ['rows', 'weights', 'shape'])
  assert.deepEqual(Object.fromEntries(shapes), { weights: [2, 3, 1, 1], rows: [32, 2] })
})

test('sizes that follow the batch are open, others are numbers or unknown', async () => {
  const model = variedModel()
  const open = openDims(await shapesOf(model, 1), await shapesOf(model, 2))
  assert.deepEqual(open.get('image'), ['batch', 3, 4, 4])
  assert.deepEqual(open.get('columns'), [2, 'batch*16'])
  assert.deepEqual(open.get('square'), ['batch*16', 'batch*16'])
  assert.deepEqual(openDims(new Map([['a', [3, 7]]]), new Map([['a', [3, 8]]])).get('a'), [3, undefined])
  assert.deepEqual(openDims(new Map([['a', [3, 7]]]), new Map([['a', [21]]])).get('a'), undefined)
})

test('an answer that holds no shape is refused with the value', () => {
  const { read } = shapeProbe(smallModel(), ['output'])
  assert.throws(() => read({}), { code: 'MODEL_OUTPUT_INVALID', message: /no shape for "output"/ })
})

/** By onnxruntime's own inference, which untyped outputs show. */
async function typesByRuntime(model: Model): Promise<ReadonlyMap<string, string>> {
  const editor = new GraphEditor(model)
  const values = editor.nodes.flatMap(({ output }) => output).filter((name) => name !== '')
  editor.model.graph!.output = values.map((name) => ({
    $typeName: 'onnx.ValueInfoProto',
    name,
    docString: '',
    metadataProps: [],
  }))
  const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 } as const
  const session = await InferenceSession.create(encodeModel(editor.model), options)
  return new Map(session.outputMetadata.map((each) => [each.name, each.isTensor ? each.type : '']))
}

const names: Readonly<Record<string, number>> = { float32: ElemType.FLOAT, int64: ElemType.INT64, bool: ElemType.BOOL }

for (const name of ['varied', ...fixtureNames] as const) {
  test(`${name}: element types are those that onnxruntime finds`, async (t) => {
    const fixture = name === 'varied' ? variedModel() : await fixtureModel(name)
    if (!fixture) return t.skip('detector fixtures absent')
    const model = normalised(fixture)
    const types = elemTypesIn(model)
    const expected = await typesByRuntime(model)
    assert.ok(expected.size > 5)
    for (const [value, type] of expected) assert.equal(types.get(value), names[type], value)
  })
}
