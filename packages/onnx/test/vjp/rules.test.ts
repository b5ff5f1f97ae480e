import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { ElemType, encodeModel, GraphEditor, type Model, newModel, normalised, vjp } from '../../src/index.ts'
import { rules, stops } from '../../src/vjp/rules/index.ts'
import { type FixtureName, fixtureModel } from '../fixtures.ts'
import type { GradientCase } from './cases/case.ts'
import { gradientCases } from './cases/index.ts'
import { refusals } from './cases/refused.ts'
import { beside, exports } from './exports.ts'
import { type Feeds, randomTensor, relativeError, sessionOf, shapesIn } from './gradient-check.ts'
import { gradientsOf } from './gradients-of.ts'

for (const { op, variant, model, feeds, linear, wrt } of gradientCases) {
  test(`${op}, ${variant}: agrees with finite differences`, async (t) => {
    const error = await relativeError(model, feeds, { wrt, epsilon: linear ? 1 : 1e-3 })
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error <= (linear ? 1e-5 : 1e-3), `relative error ${error}`)
  })
}

test('every operator with a rule has a case', () => {
  const checked = new Set(gradientCases.flatMap(({ model }) => model.graph!.node.map(({ opType }) => opType)))
  assert.deepEqual(
    Object.keys(rules).filter((op) => !stops.has(op) && !checked.has(op)),
    [],
  )
})

for (const { family, by, operators } of exports) {
  test(`${family}, as exported by ${by}: every operator has a rule, or needs none`, () => {
    assert.deepEqual(
      operators.filter((op) => !Object.hasOwn(rules, op) && !Object.hasOwn(beside, op)),
      [],
    )
  })
}

const families: Readonly<Partial<Record<FixtureName, string>>> = {
  nanodet_m_320: 'NanoDet',
  ultraface_rfb_320: 'UltraFace',
  yolox_nano: 'YOLOX',
}

for (const [name, family] of Object.entries(families) as [FixtureName, string][]) {
  test(`${family}: what ${name} is made of is among the operators that are expected of it`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const expected = new Set(exports.filter((each) => each.family === family).flatMap(({ operators }) => operators))
    const found = normalised(model).graph!.node.map(({ opType }) => opType)
    assert.deepEqual(
      found.filter((op) => !expected.has(op)),
      [],
    )
  })
}

for (const { op, what, model, wrt, shapes } of refusals) {
  test(`${op}: one that ${what} is refused, with its name and a remedy`, () => {
    assert.throws(() => vjp(model, { wrt, outputs: ['y0'], shapes }), {
      code: 'MODEL_UNSUPPORTED',
      message: new RegExp(`^the "${op}" node that makes ".*" ${what}\\. [A-Z]`),
    })
  })
}

test('cases have names of their own', () => {
  const names = gradientCases.map(({ op, variant }) => `${op}, ${variant}`)
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) < i),
    [],
  )
})

const dataOf = (tensor: Tensor) => tensor.data as Float32Array

/** The other row of two gets other numbers, or zeros. */
function withRow({ dims, data }: Tensor, row: 0 | 1, values: Float32Array): Tensor {
  const copy = Float32Array.from(data as Float32Array)
  copy.set(values, row * values.length)
  return new Tensor('float32', copy, dims)
}

const rowOf = (tensor: Tensor, row: 0 | 1) => {
  const size = tensor.data.length / 2
  return dataOf(tensor).subarray(row * size, (row + 1) * size)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength)

/** Inputs of two rows, if the outputs' second rows do not depend on the first of them. */
async function batchedInputs({ model, feeds, wrt }: GradientCase): Promise<readonly string[]> {
  const pairs = wrt.filter((name) => feeds[name]!.dims[0] === 2)
  const moved: Record<string, Tensor> = { ...feeds }
  for (const name of pairs)
    moved[name] = withRow(
      feeds[name]!,
      0,
      rowOf(feeds[name]!, 0).map((value) => 0.7 * value),
    )
  const session = await sessionOf(model)
  const [clean, other] = [await session.run(feeds), await session.run(moved)]
  const keptApart = Object.keys(clean).every((output) => {
    const [a, b] = [clean[output]!, other[output]!]
    return a.dims[0] === 2 && Buffer.compare(bytesOf(rowOf(a, 1)), bytesOf(rowOf(b, 1))) === 0
  })
  return keptApart ? pairs : []
}

const batched = Promise.all(gradientCases.map(async (each) => [each, await batchedInputs(each)] as const)).then((all) =>
  all.filter(([, inputs]) => inputs.length > 0),
)

test('where a network keeps the rows of a batch apart, so does its gradient', async (t) => {
  const operators = new Set<string>()
  for (const [each, inputs] of await batched) {
    operators.add(each.op)
    const clean = await (await sessionOf(each.model)).run(each.feeds)
    const cotangents: Feeds = Object.fromEntries(
      Object.entries(clean).map(([name, { dims, data }]) => {
        return [name, withRow(randomTensor(dims, 3), 0, new Float32Array(data.length / 2))]
      }),
    )
    const gradients = await gradientsOf(each.model, each.feeds, { wrt: inputs, cotangents })
    for (const name of inputs) {
      const leaked = rowOf(gradients[name]!, 0).filter((value) => value !== 0)
      assert.equal(leaked.length, 0, `${each.op}, ${each.variant}: ${name} has ${leaked}`)
    }
  }
  t.diagnostic(`${operators.size} operators`)
  assert.ok(operators.size > 40, `only ${operators.size} operators`)
})

test('rules take any number of rows, where the network does', async () => {
  for (const [each, wrt] of await batched) {
    const { model, feeds } = each
    const fixed = await shapesIn(model, feeds)
    const follows = (name: string) => wrt.includes(name) || !(Object.hasOwn(feeds, name) || held(model, name))
    const open = new Map(
      [...fixed].map(([name, [rows, ...rest]]) => [
        name,
        follows(name) && rows === 2 ? ['batch', ...rest] : fixed.get(name)!,
      ]),
    )
    const [expected, actual] = [fixed, open].map((shapes) => gradientsOf(model, feeds, { wrt, shapes }))
    for (const name of wrt)
      assert.deepEqual((await actual!)[name]!.data, (await expected!)[name]!.data, `${each.op}, ${each.variant}`)
  }
})

const held = (model: Model, name: string) => model.graph!.initializer.some((initializer) => initializer.name === name)

test('the same gradient model comes out twice, byte for byte', async () => {
  for (const { op, variant, model, feeds, wrt } of gradientCases) {
    const options = { wrt, outputs: model.graph!.output.map(({ name }) => name), shapes: await shapesIn(model, feeds) }
    const [first, second] = [vjp(model, options), vjp(model, options)].map((made) => encodeModel(made.model))
    assert.equal(Buffer.compare(first!, second!), 0, `${op}, ${variant}`)
  }
})

/** x → Relu → a → Unheard → b → Exp → y, and x → Tanh → z. */
function withUnheard(domain = '') {
  const editor = new GraphEditor(newModel({ name: 'unheard', producer: 'test', opset: 17 }))
  editor.addInput('x', ElemType.FLOAT, [2])
  editor.addNode('Relu', { inputs: ['x'], outputs: ['a'] })
  editor.addNode('Unheard', { inputs: ['a'], outputs: ['b'] })
  Object.assign(editor.nodes.at(-1)!, { name: 'the/node', domain })
  editor.addNode('Exp', { inputs: ['b'], outputs: ['y'] })
  editor.addNode('Tanh', { inputs: ['x'], outputs: ['z'] })
  for (const name of ['y', 'z']) editor.addOutput(name, ElemType.FLOAT, [2])
  return editor.model
}

const shapes = new Map(['x', 'a', 'b', 'y', 'z'].map((name) => [name, [2]]))

test('an operator without a rule on a way is an error that names it, its node, the way and a remedy', () => {
  for (const [domain, op] of [
    ['', 'Unheard'],
    ['com.example', 'com.example.Unheard'],
  ] as const)
    assert.throws(() => vjp(withUnheard(domain), { wrt: ['x'], outputs: ['y', 'z'], shapes }), {
      code: 'MODEL_UNSUPPORTED',
      message: `the "${op}" node "the/node" has no gradient and lies on the way "x" → "a" → "b" → … → "y" → "z". Take a layer behind it, take a method without gradients, or export the network without it`,
    })
})

test('an operator without a rule beside the ways is none', () => {
  const model = withUnheard()
  assert.deepEqual(Object.keys(vjp(model, { wrt: ['x'], outputs: ['z'], shapes }).gradients), ['x'])
  assert.deepEqual(Object.keys(vjp(model, { wrt: ['b'], outputs: ['y'], shapes }).gradients), ['b'])
})

test('an operator of another domain is not taken for one of ONNX’s own', () => {
  const model = withUnheard('com.example')
  model.graph!.node[1]!.opType = 'Relu'
  assert.throws(() => vjp(model, { wrt: ['x'], outputs: ['y'], shapes }), /"com.example.Relu"/)
})

test('a value on which no output depends is an error that names it', () => {
  for (const [wrt, output] of [
    ['b', 'z'],
    ['nowhere', 'y'],
  ] as const)
    assert.throws(() => vjp(withUnheard(), { wrt: [wrt], outputs: [output], shapes }), {
      code: 'MODEL_UNSUPPORTED',
      message: `no output depends on the value "${wrt}". Take another layer`,
    })
})

test('the original stays as it is', async () => {
  const { model, feeds, wrt } = gradientCases[0]!
  const before = encodeModel(model)
  vjp(model, { wrt, outputs: ['y0'], shapes: await shapesIn(model, feeds) })
  assert.equal(Buffer.compare(before, encodeModel(model)), 0)
})
