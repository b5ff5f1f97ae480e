import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { type Attribute, float, int, ints } from '../../src/index.ts'
import { type CaseOptions, nodeCase } from './cases/case.ts'
import { gradientsOf } from './gradients-of.ts'

// Zeros, ties and numbers without bounds: finite differences say nothing there, and a NaN would spread to every pixel.

const rows = (values: readonly number[], dims: readonly number[]) =>
  new Tensor('float32', Float32Array.from(values), dims)

async function gradient(op: string, options: CaseOptions, wrt = 'x'): Promise<readonly number[]> {
  const { model, feeds } = nodeCase(op, '', options)
  const made = await gradientsOf(model, feeds, { wrt: [wrt] })
  return Array.from(made[wrt]!.data as Float32Array, (value) => value + 0)
}

const along: Readonly<Record<string, Attribute>> = { axes: ints(1) }

test('ReduceMax, ReduceMin: all that tie share the gradient', async () => {
  const x = rows([3, 1, 3, 3, 1, 1, 2, 2], [2, 4])
  const third = Math.fround(1 / 3)
  assert.deepEqual(await gradient('ReduceMax', { inputs: { x }, attributes: along }), [
    third,
    0,
    third,
    third,
    0,
    0,
    0.5,
    0.5,
  ])
  assert.deepEqual(await gradient('ReduceMin', { inputs: { x }, attributes: along }), [0, 1, 0, 0, 0.5, 0.5, 0, 0])
})

test('ReduceL1, ReduceL2, LpNormalization: a row of zeros has the gradient 0', async () => {
  const x = rows([0, 0, 3, 4], [2, 2])
  const [three, four] = [Math.fround(0.6), Math.fround(0.8)]
  assert.deepEqual(await gradient('ReduceL1', { inputs: { x }, attributes: along }), [0, 0, 1, 1])
  assert.deepEqual(await gradient('ReduceL2', { inputs: { x }, attributes: along }), [0, 0, three, four])
  for (const p of [1, 2]) {
    const normalised = await gradient('LpNormalization', { inputs: { x }, attributes: { p: int(p) } })
    assert.deepEqual(normalised.slice(0, 2), [0, 0])
    assert.ok(normalised.every(Number.isFinite), `${normalised}`)
  }
})

test('LayerNormalization, InstanceNormalization: equal numbers have a finite gradient', async () => {
  const x = rows(Array(8).fill(7), [1, 2, 4])
  const attributes = { epsilon: float(1e-5) }
  for (const [op, inputs] of [
    ['LayerNormalization', { x, scale: [4] }],
    ['InstanceNormalization', { x, scale: [2], bias: [2] }],
  ] as const) {
    const flat = await gradient(op, { inputs, attributes })
    assert.ok(flat.every(Number.isFinite), `${op}: ${flat}`)
  }
})

test('Softmax, LogSoftmax, ReduceLogSumExp: huge and masked numbers have a finite gradient', async () => {
  const x = rows([1e4, -1e4, 0, 3, Number.NEGATIVE_INFINITY, 2], [2, 3])
  for (const op of ['Softmax', 'ReduceLogSumExp']) {
    const attributes = op === 'Softmax' ? { axis: int(1) } : along
    const saturated = await gradient(op, { inputs: { x }, attributes })
    assert.ok(saturated.every(Number.isFinite), `${op}: ${saturated}`)
    assert.equal(saturated[4], 0, op)
  }
  const huge = await gradient('LogSoftmax', { inputs: { x: rows([1e4, -1e4, 0], [1, 3]) } })
  assert.deepEqual(huge, [-2, 1, 1])
})

test('GridSample: points far away, at infinity or nowhere leave the picture without a gradient', async () => {
  const picture = rows([1, 2, 3, 4], [1, 1, 2, 2])
  const points = [1e30, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, -3, -3]
  const inputs = { x: picture, grid: rows(points, [1, 1, 4, 2]) }
  assert.deepEqual(await gradient('GridSample', { inputs }), [0, 0, 0, 0])
  assert.deepEqual(await gradient('GridSample', { inputs }, 'grid'), Array(8).fill(0))
})

test('TopK: of equal numbers only those that were taken have the gradient', async () => {
  const constants = [[[1], BigInt64Array.of(2n)] as const]
  const { model, feeds } = nodeCase('TopK', '', { inputs: { x: rows([5, 5, 5, 1], [4]) }, constants, outputs: 2 })
  model.graph!.output.pop()
  const { x } = await gradientsOf(model, feeds, { wrt: ['x'] })
  assert.deepEqual([...(x!.data as Float32Array)], [1, 1, 0, 0])
})
