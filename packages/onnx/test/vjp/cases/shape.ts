import { type Attribute, int, ints, tensor } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type GradientCase, graphCase, nodeCase } from './case.ts'

type Attributes = Readonly<Record<string, Attribute>>

const whole = (...values: readonly (number | bigint)[]) =>
  [[values.length], BigInt64Array.from(values.map(BigInt))] as const

/** Channels joined, and what reads them all: convolutions of so many maps and that large a kernel, and other operators. */
const joinedAndRead = (
  variant: string,
  convolutions: readonly (readonly [maps: number, kernel: number])[],
  others: readonly string[] = [],
) =>
  graphCase('Concat', variant, {
    inputs: { a: [2, 3, 5, 4], b: [2, 2, 5, 4] },
    linear: true,
    build(editor) {
      const [all] = editor.addNode('Concat', { inputs: ['a', 'b'], attributes: { axis: int(1) } })
      const made = convolutions.flatMap(([maps, kernel], i) => {
        const dims = [maps, 5, kernel, kernel]
        const kernels = tensor(`kernels_${i}`, dims, randomTensor(dims, i + 7).data as Float32Array)
        const pad = kernel >> 1
        const attributes = { pads: ints(pad, pad, pad, pad) }
        return editor.addNode('Conv', { inputs: [all!, editor.addInitializer(kernels)], attributes })
      })
      return [...made, ...others.flatMap((op) => editor.addNode(op, { inputs: [all!] }))]
    },
  })

/** An operator that moves numbers, with integers that the file holds. */
const move = (
  op: string,
  variant: string,
  x: readonly number[],
  integers: readonly (readonly (number | bigint)[])[] = [],
  attributes: Attributes = {},
) =>
  nodeCase(op, variant, { inputs: { x }, constants: integers.map((each) => whole(...each)), attributes, linear: true })

const slice = (variant: string, x: readonly number[], ...integers: readonly (readonly (number | bigint)[])[]) =>
  move('Slice', variant, x, integers)

const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]

const split = (
  variant: string,
  x: readonly number[],
  outputs: number,
  parts: readonly number[] | undefined,
  options: Attributes,
  opset = 17,
) =>
  nodeCase('Split', variant, {
    inputs: { x },
    constants: parts ? [whole(...parts)] : [],
    attributes: options,
    outputs,
    linear: true,
    opset,
  })

export const shapeCases: readonly GradientCase[] = [
  move('Reshape', '0 keeps, −1 is the rest', [2, 3, 4], [[0, -1]]),
  move('Reshape', 'to a higher rank', [2, 12], [[2, 3, 2, 2]]),
  move('Reshape', 'to one axis', [2, 3, 4], [[-1]]),
  move('Reshape', 'allowzero', [2, 3, 4], [[6, 4]], { allowzero: int(1) }),
  move('Flatten', 'at axis 1 by default', [2, 3, 4]),
  move('Flatten', 'at axis 0', [2, 3, 4], [], { axis: int(0) }),
  move('Flatten', 'at a negative axis', [2, 3, 4], [], { axis: int(-1) }),
  move('Squeeze', 'some axes', [2, 1, 3, 1], [[1, -1]]),
  move('Squeeze', 'all that are 1', [2, 1, 3, 1]),
  move('Unsqueeze', 'two axes', [2, 3], [[0, -1]]),
  move('Transpose', 'reversed by default', [2, 3, 4]),
  move('Transpose', 'a perm that is not its own inverse', [2, 3, 4, 5], [], { perm: ints(0, 2, 3, 1) }),
  nodeCase('Concat', 'a negative axis', {
    inputs: { a: [2, 3, 4], b: [2, 3, 1], c: [2, 3, 2] },
    attributes: { axis: int(-1) },
    linear: true,
  }),
  nodeCase('Concat', 'channels', {
    inputs: { a: [2, 3, 4], b: [2, 1, 4] },
    attributes: { axis: int(1) },
    linear: true,
  }),
  joinedAndRead('before a convolution', [[8, 3]]),
  joinedAndRead('before two convolutions', [
    [4, 3],
    [3, 1],
  ]),
  joinedAndRead('before a convolution and something else', [[8, 3]], ['Identity']),
  nodeCase('Concat', 'behind it a held part', {
    inputs: { a: [1, 3] },
    constants: [[[2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)]],
    attributes: { axis: int(0) },
    linear: true,
  }),
  split('sizes', [2, 6, 3], 3, [1, 3, 2], { axis: int(1) }),
  split('equal parts along a negative axis', [2, 6], 2, undefined, { axis: int(-1) }),
  split('num_outputs, the last part smaller', [2, 7, 3], 3, undefined, { axis: int(1), num_outputs: int(3) }, 18),
  graphCase('Split', 'a part that nobody needs', {
    inputs: { x: [2, 6] },
    linear: true,
    build: (editor) =>
      editor.addNode('Split', { inputs: ['x'], outputs: ['y0', 'y1'], attributes: { axis: int(1) } }).slice(1),
  }),
  slice('axes and steps left out', [3, 5, 4], [1, 2], [3, 4]),
  slice('one axis', [2, 5, 4], [1], [4], [1], [1]),
  slice('every other row and column (Focus)', [2, 3, 6, 8], [1, 0], [most, most], [2, 3], [2, 2]),
  slice('a step that leaves a rest', [2, 9], [1], [most], [1], [3]),
  slice('a step beyond the rest', [2, 5], [3], [5], [1], [4]),
  slice('negative starts and ends', [3, 6], [-5], [-1], [-1], [1]),
  slice('backwards', [2, 3, 5], [-1], [least], [2], [-1]),
  slice('backwards by 2, not to the end', [2, 8, 3], [6], [1], [1], [-2]),
  slice('several axes, in descending order', [4, 6, 8], [1, 0, 1], [7, 5, 3], [2, 1, 0], [3, 2, 1]),
  slice('beyond the sizes', [3, 4], [-100, 1], [100, 100], [0, 1], [1, 2]),
  slice('a whole axis', [3, 4], [0], [most], [1], [1]),
  slice('a step along the first of three axes', [5, 3, 4], [0], [5], [0], [2]),
  graphCase('Slice', 'a cut of no length', {
    inputs: { x: [2, 3] },
    linear: true,
    build(editor) {
      const places = [3, 3, 1].map((place, i) => editor.addInitializer(tensor(`place_${i}`, ...whole(place))))
      const [none] = editor.addNode('Slice', { inputs: ['x', ...places] })
      return editor.addNode('Concat', { inputs: [none!, 'x'], attributes: { axis: int(1) } })
    },
  }),
  move('Expand', 'to a higher rank', [3, 1], [[2, 3, 4]]),
  move('Expand', 'one of 1 among them', [2, 3, 4], [[1, 3, 1]]),
  move('Expand', 'a scalar', [], [[2, 3]]),
]
