import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '@fanlight/ports'
import { Tensor } from 'onnxruntime-node'
import { float, int, text, vjp } from '../../src/index.ts'
import { type CaseOptions, nodeCase } from './cases/case.ts'
import { shapesIn } from './gradient-check.ts'

const picture = { x: [1, 2, 4, 4], grid: [1, 3, 3, 2] }
const numbers = (...values: readonly number[]) => [[values.length], BigInt64Array.from(values.map(BigInt))] as const
const four = [[4], Float32Array.of(1, 1, 1, 1)] as const

const refusals: readonly (readonly [op: string, reason: RegExp, options: CaseOptions])[] = [
  ['GridSample', /bilinearly/, { inputs: picture, attributes: { mode: text('bicubic') } }],
  ['GridSample', /zeros outside/, { inputs: picture, attributes: { padding_mode: text('border') } }],
  ['Einsum', /diagonal/, { inputs: { a: [3, 3], b: [3] }, attributes: { equation: text('ii,i->i') } }],
  ['Einsum', /does not read/, { inputs: { a: [2, 3], b: [3] }, attributes: { equation: text('...i,i->...') } }],
  ['Einsum', /repeats an operand/, { inputs: { a: [2, 1], b: [2, 3] }, attributes: { equation: text('ij,ij->i') } }],
  ['ReduceSumSquare', /no axes/, { inputs: { x: [2] }, attributes: { noop_with_empty_axes: int(1) }, opset: 18 }],
  [
    'BatchNormalization',
    /parameters/,
    { inputs: { x: [2, 4], scale: [4] }, constants: [four, four, four], attributes: { epsilon: float(1e-3) } },
  ],
  ['OneHot', /values/, { inputs: { at: [2], depth: new Tensor('float32', [3], []), values: [2] } }],
  ['Mod', /divisor/, { inputs: { a: [3], b: [3] }, attributes: { fmod: int(1) } }],
  [
    'Pad',
    /negative or larger/,
    { inputs: { x: [4] }, constants: [numbers(-1, 2)], attributes: { mode: text('reflect') } },
  ],
]

for (const [op, reason, options] of refusals) {
  test(`${op} ${reason.source}: refused`, async () => {
    const { model, feeds, wrt } = nodeCase(op, '', options)
    const shapes = await shapesIn(model, feeds)
    assert.throws(
      () => vjp(model, { wrt, outputs: ['y0'], shapes }),
      (error) => {
        assert.ok(error instanceof InputError)
        assert.equal(error.code, 'MODEL_UNSUPPORTED')
        assert.match(error.message, reason)
        assert.match(error.message, new RegExp(`\\("${op}"\\)`))
        return true
      },
    )
  })
}
