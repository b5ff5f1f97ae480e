import { type Attribute, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase } from './case.ts'

type Attributes = Readonly<Record<string, Attribute>>

const held = (...values: readonly number[]) => [[values.length], BigInt64Array.from(values.map(BigInt))] as const
const mode = (name: string): Attributes => ({ mode: text(name) })

const pad = (variant: string, x: readonly number[], pads: readonly number[], attributes: Attributes = {}, opset = 17) =>
  nodeCase('Pad', variant, { inputs: { x }, constants: [held(...pads)], attributes, linear: true, opset })

const onAxes = (variant: string, name: string, axes: readonly number[], pads: readonly number[]) =>
  nodeCase('Pad', variant, {
    inputs: { x: [2, 3, 4] },
    constants: [held(...pads), '', held(...axes)],
    attributes: mode(name),
    linear: true,
    opset: 18,
  })

const tile = (variant: string, x: readonly number[], ...repeats: readonly number[]) =>
  nodeCase('Tile', variant, { inputs: { x }, constants: [held(...repeats)], linear: true })

export const padCases: readonly GradientCase[] = [
  pad('zeros', [2, 3, 4], [0, 1, 2, 1, 0, 3]),
  pad('less than nothing', [2, 5, 4], [0, -1, 1, 0, -2, -1]),
  nodeCase('Pad', 'a constant', {
    inputs: { x: [2, 3] },
    constants: [held(1, 0, 0, 2), [[], Float32Array.of(3.5)]],
    linear: true,
  }),
  pad('mirrored', [2, 4, 5], [0, 2, 3, 0, 1, 4], mode('reflect')),
  pad('edges repeated', [2, 3, 4], [0, 2, 0, 1, 3, 2], mode('edge')),
  pad('wrapped around', [2, 3, 4], [0, 2, 1, 0, 1, 3], mode('wrap'), 19),
  onAxes('zeros on some axes', 'constant', [-1, 1], [1, 0, 2, 3]),
  onAxes('mirrored on some axes', 'reflect', [-1, 1], [1, 0, 2, 2]),
  tile('two axes', [2, 3, 4], 1, 2, 3),
  tile('an axis of 1', [2, 1, 3], 2, 4, 1),
  tile('once', [2, 3], 1, 1),
]
