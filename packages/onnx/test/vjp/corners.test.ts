import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { type Attribute, float, ints } from '../../src/index.ts'
import { nodeCase } from './cases/case.ts'
import { gradientsOf } from './gradients-of.ts'

// Where a function has a corner, finite differences say nothing; the derivative is then what PyTorch takes.

interface Corner {
  readonly x: readonly number[]
  readonly slopes: readonly number[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly limits?: readonly number[]
}

const corners: Readonly<Record<string, Corner>> = {
  Relu: { x: [-1, 0, 1], slopes: [0, 0, 1] },
  LeakyRelu: { x: [-1, 0, 1], slopes: [0.25, 0.25, 1], attributes: { alpha: float(0.25) } },
  ThresholdedRelu: { x: [1, 2, 3], slopes: [0, 0, 1], attributes: { alpha: float(2) } },
  Elu: { x: [0, 1], slopes: [2, 1], attributes: { alpha: float(2) } },
  Selu: { x: [0, 1], slopes: [1.5, 0.5], attributes: { alpha: float(3), gamma: float(0.5) } },
  Celu: { x: [0, 1], slopes: [1, 1], attributes: { alpha: float(2) } },
  HardSigmoid: { x: [-2, 0, 2], slopes: [0, 0.25, 0], attributes: { alpha: float(0.25), beta: float(0.5) } },
  HardSwish: { x: [-3, 0, 3], slopes: [0, 0.5, 1] },
  Abs: { x: [-2, 0, 2], slopes: [-1, 0, 1] },
  Clip: { x: [-2, -1, 0, 1, 2], slopes: [0, 1, 1, 1, 0], limits: [-1, 1] },
  PRelu: { x: [-1, 0, 1], slopes: [0.5, 0.5, 1], limits: [0.5] },
}

const row = (values: readonly number[], dims: readonly number[] = [values.length]) =>
  new Tensor('float32', Float32Array.from(values), dims)

for (const [op, { x, slopes, attributes = {}, limits = [] }] of Object.entries(corners)) {
  test(`${op}: its slopes at ${x.join(', ')} are ${slopes.join(', ')}`, async () => {
    const constants = limits.map((limit) => [[], Float32Array.of(limit)] as const)
    const { model, feeds } = nodeCase(op, '', { inputs: { x: row(x) }, constants, attributes })
    const { x: gradient } = await gradientsOf(model, feeds, { wrt: ['x'] })
    assert.deepEqual(
      [...(gradient!.data as Float32Array)].map((value) => value + 0),
      slopes,
    )
  })
}

for (const op of ['Max', 'Min']) {
  test(`${op}: inputs that tie share the gradient`, async () => {
    const { model, feeds } = nodeCase(op, '', { inputs: { a: row([1, 2]), b: row([1, 5]), c: row([1, 2]) } })
    const { a, b, c } = await gradientsOf(model, feeds, { wrt: ['a', 'b', 'c'] })
    const third = Math.fround(1 / 3)
    const second = op === 'Max' ? [0, 1, 0] : [0.5, 0, 0.5]
    assert.deepEqual(
      [a, b, c].map((gradient) => [...(gradient!.data as Float32Array)]),
      second.map((share) => [third, share]),
    )
  })
}

test('MaxPool: places that tie share the gradient, none of it is lost in the pads', async () => {
  const attributes = { kernel_shape: ints(2, 2), strides: ints(2, 2) }
  const flat = nodeCase('MaxPool', '', { inputs: { x: row([3, 3, 3, 3], [1, 1, 2, 2]) }, attributes })
  const { x } = await gradientsOf(flat.model, flat.feeds, { wrt: ['x'] })
  assert.deepEqual([...(x!.data as Float32Array)], [0.25, 0.25, 0.25, 0.25])

  const padded = { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }
  const constant = nodeCase('MaxPool', '', { inputs: { x: row(Array(30).fill(-7), [1, 1, 5, 6]) }, attributes: padded })
  const { x: spread } = await gradientsOf(constant.model, constant.feeds, { wrt: ['x'] })
  const sum = (spread!.data as Float32Array).reduce((total, value) => total + value, 0)
  assert.ok(Math.abs(sum - 30) < 1e-4, `${sum}`)
})

test('GlobalMaxPool: places that tie share the gradient', async () => {
  const { model, feeds } = nodeCase('GlobalMaxPool', '', { inputs: { x: row([1, 4, 4, 2], [1, 1, 4]) } })
  const { x } = await gradientsOf(model, feeds, { wrt: ['x'] })
  assert.deepEqual([...(x!.data as Float32Array)], [0, 0.5, 0.5, 0])
})

test('Pow: an exponent of 0 gives 0 at a base of 0, and one of 1 gives 1', async () => {
  const constants = [[[3], Float32Array.of(0, 1, 2)] as const]
  const { model, feeds } = nodeCase('Pow', '', { inputs: { x: row([0, 0, 0]) }, constants })
  const { x } = await gradientsOf(model, feeds, { wrt: ['x'] })
  assert.deepEqual([...(x!.data as Float32Array)], [0, 1, 0])
})

test('Guided, rectifiers pass only what is positive of both the number and the gradient', async () => {
  const x = row([-1, -1, 1, 1])
  const cotangents = { y0: row([-2, 2, -2, 2]) }
  for (const [op, expected] of Object.entries({ Relu: [0, 0, 0, 2], LeakyRelu: [0, 1, 0, 2], Tanh: undefined })) {
    const attributes = op === 'LeakyRelu' ? { alpha: float(0.5) } : {}
    const { model, feeds } = nodeCase(op, '', { inputs: { x }, attributes })
    const { x: guided } = await gradientsOf(model, feeds, { wrt: ['x'], cotangents, guided: true })
    const { x: plain } = await gradientsOf(model, feeds, { wrt: ['x'], cotangents })
    assert.deepEqual([...(guided!.data as Float32Array)], expected ?? [...(plain!.data as Float32Array)], op)
  }
})

for (const op of ['Sign', 'Floor', 'Ceil', 'Round']) {
  test(`${op}: no gradient flows through it, and there is an error when nothing else leads to the output`, async () => {
    const { model, feeds } = nodeCase(op, '', { inputs: { x: row([0.4, 1.6]) } })
    await assert.rejects(gradientsOf(model, feeds, { wrt: ['x'] }), {
      code: 'MODEL_UNSUPPORTED',
      message: /no output depends on the value "x"/,
    })
  })
}
