import { type Dim, int, ints, type Model, text } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type CaseOptions, type GradientCase, nodeCase } from './case.ts'

/** What a rule cannot differentiate, and says so. */
export interface Refusal {
  readonly op: string
  /** As the error says it, behind the node's name. */
  readonly what: string
  readonly model: Model
  readonly wrt: readonly string[]
  readonly shapes: ReadonlyMap<string, readonly Dim[]>
}

interface RefusalOptions extends CaseOptions {
  /** Of the first output: onnxruntime is not asked. */
  readonly made: readonly Dim[]
  /** Of inputs, where a size is open. */
  readonly open?: Readonly<Record<string, readonly Dim[]>>
}

export function refusal(op: string, what: string, { made, open = {}, ...options }: RefusalOptions): Refusal {
  const { model, wrt, feeds }: GradientCase = nodeCase(op, what, options)
  const given = Object.entries(feeds).map(([name, { dims }]) => [name, open[name] ?? dims] as const)
  const held = model.graph!.initializer.map(({ name, dims }) => [name, dims.map(Number)] as const)
  return { op, what, model, wrt, shapes: new Map<string, readonly Dim[]>([...given, ...held, ['y0', made]]) }
}

const weights = (...dims: readonly number[]) => [dims, randomTensor(dims, 9).data as Float32Array] as const
const whole = (...values: readonly number[]) => [[values.length], BigInt64Array.from(values.map(BigInt))] as const

const x = { x: [1, 2, 6, 6] }
const made = [1, 2, 3, 3]
const openSides = { x: [1, 2, 'height', 'width'] }

const sampled = { ...x, grid: [1, 3, 3, 2] }

const einsum = (what: string, equation: string, a: readonly number[], b: readonly number[]) =>
  refusal('Einsum', `${what}: "${equation}"`, {
    inputs: { a, b },
    attributes: { equation: text(equation) },
    made: [],
  })

const einsums = [
  einsum('takes a diagonal', 'ii,i->i', [3, 3], [3]),
  einsum('has an equation that Fanlight does not read', 'a...,b', [3], [3]),
  einsum('repeats an operand along an axis', 'ij,ij->i', [2, 1], [2, 3]),
]

export const refusals: readonly Refusal[] = [
  refusal('Conv', 'has kernels that the input decides', { inputs: { ...x, w: [2, 2, 1, 1] }, made: [1, 2, 6, 6] }),
  refusal('Conv', 'has negative pads', {
    inputs: x,
    constants: [weights(2, 2, 3, 3)],
    attributes: { pads: ints(0, 0, -1, 0) },
    made: [1, 2, 3, 4],
  }),
  refusal('Conv', 'has a spatial size that is open', {
    inputs: x,
    constants: [weights(2, 2, 3, 3)],
    made: [1, 2, 'rows', 'columns'],
    open: openSides,
  }),
  refusal('ConvTranspose', 'has kernels that the input decides', {
    inputs: { ...x, w: [2, 2, 1, 1] },
    made: [1, 2, 6, 6],
  }),
  refusal('ConvTranspose', 'has pads that are computed', {
    inputs: x,
    constants: [weights(2, 2, 2, 2)],
    attributes: { strides: ints(2, 2), auto_pad: text('SAME_UPPER') },
    made: [1, 2, 12, 12],
  }),
  ...['MaxPool', 'AveragePool'].map((op) =>
    refusal(op, 'has a spatial size that is open', {
      inputs: x,
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
      made: [1, 2, 'rows', 'columns'],
      open: openSides,
    }),
  ),
  refusal('GlobalAveragePool', 'has an open size', { inputs: x, made: [1, 2, 1, 1], open: openSides }),
  refusal('Resize', 'crops while it resizes', {
    inputs: x,
    constants: [weights(8), '', whole(1, 2, 3, 3)],
    attributes: { coordinate_transformation_mode: text('tf_crop_and_resize') },
    made,
  }),
  refusal('Resize', 'keeps the aspect ratio', {
    inputs: x,
    constants: ['', '', whole(1, 2, 3, 3)],
    attributes: { keep_aspect_ratio_policy: text('not_larger') },
    opset: 18,
    made,
  }),
  refusal('Resize', 'resizes an axis whose size is open', {
    inputs: x,
    constants: ['', '', whole(1, 2, 3, 3)],
    made,
    open: openSides,
  }),
  refusal('Concat', 'joins along an axis whose size is open', {
    inputs: { ...x, b: [1, 2, 6, 6] },
    attributes: { axis: int(2) },
    made: [1, 2, 'rows', 6],
    open: openSides,
  }),
  refusal('Slice', 'cuts an axis whose size is open', {
    inputs: x,
    constants: [whole(1), whole(3), whole(2)],
    made: [1, 2, 2, 'width'],
    open: openSides,
  }),
  ...einsums,
  refusal('BatchNormalization', 'has parameters that the input decides', {
    inputs: { ...x, scale: [2] },
    constants: [weights(2), weights(2), weights(2)],
    made: [1, 2, 6, 6],
  }),
  refusal('BatchNormalization', 'takes its statistics from the batch', {
    inputs: x,
    constants: [weights(2), weights(2), weights(2), weights(2)],
    attributes: { training_mode: int(1) },
    made: [1, 2, 6, 6],
  }),
  refusal('LRN', 'has an open size in one of the axes 1', {
    inputs: x,
    made: [1, 2, 6, 6],
    open: { x: [1, 'c', 6, 6] },
  }),
  refusal('ReduceMean', 'has an open size in one of the axes 2,3', {
    inputs: x,
    attributes: { axes: ints(2, 3) },
    made: [1, 2, 1, 1],
    open: openSides,
  }),
  refusal('ReduceSum', 'has axes or sizes that the network computes', {
    inputs: { ...x, axes: [1] },
    made: [1, 2, 1, 6],
  }),
  refusal('ReduceSumSquare', 'reduces over no axes', {
    inputs: x,
    attributes: { noop_with_empty_axes: int(1) },
    opset: 18,
    made: [1, 2, 6, 6],
  }),
  refusal('ScatterElements', 'combines what it scatters other than by a sum', {
    inputs: { ...x, indices: [1, 1, 1, 1], updates: [1, 1, 1, 1] },
    attributes: { reduction: text('mul') },
    made: [1, 2, 6, 6],
  }),
  refusal('GridSample', 'samples other than bilinearly from pictures', {
    inputs: sampled,
    attributes: { mode: text('bicubic') },
    made,
  }),
  refusal('GridSample', 'samples with other than zeros outside', {
    inputs: sampled,
    attributes: { padding_mode: text('border') },
    made,
  }),
  refusal('Pad', 'pads with what the input decides', { inputs: { ...x, pads: [8], value: [] }, made: [1, 2, 7, 7] }),
  refusal('Pad', 'has pads that are negative or larger than what they repeat', {
    inputs: x,
    constants: [whole(0, 0, 0, -1, 0, 0, 0, 2)],
    attributes: { mode: text('reflect') },
    made: [1, 2, 6, 7],
  }),
  refusal('Tile', 'repeats an axis whose size is open', {
    inputs: x,
    constants: [whole(1, 1, 2, 1)],
    made: [1, 2, 'rows', 'width'],
    open: openSides,
  }),
  refusal('OneHot', 'has values that the input decides', { inputs: { at: [2], depth: [], values: [2] }, made: [2, 3] }),
  refusal('Mod', 'has a divisor that the input decides', {
    inputs: { a: [3], b: [3] },
    attributes: { fmod: int(1) },
    made: [3],
  }),
]
