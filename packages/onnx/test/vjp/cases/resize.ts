import { type Attribute, float, int, ints, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase } from './case.ts'

type Attributes = Readonly<Record<string, Attribute>>

interface Factor {
  readonly scales?: readonly number[]
  readonly sizes?: readonly number[]
}

function resize(
  variant: string,
  { scales, sizes }: Factor,
  attributes: Attributes,
  x: readonly number[] = [2, 3, 5, 6],
  opset = 17,
): GradientCase {
  const factors = scales && ([[scales.length], Float32Array.from(scales)] as const)
  const lengths = sizes && ([[sizes.length], BigInt64Array.from(sizes.map(BigInt))] as const)
  const constants = factors ? (['', factors] as const) : (['', '', lengths!] as const)
  return nodeCase('Resize', variant, { inputs: { x }, constants, attributes, linear: true, opset })
}

const mode = (name: string, coordinates: string, attributes: Attributes = {}): Attributes => ({
  mode: text(name),
  coordinate_transformation_mode: text(coordinates),
  ...attributes,
})

const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric']
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']

const up = [1, 1, 1.7, 2.3]
const down = [1, 1, 0.6, 0.45]
const double = [1, 1, 2, 2]

export const resizeCases: readonly GradientCase[] = [
  resize(
    'nearest, × 2, as YOLO exports it',
    { scales: double },
    mode('nearest', 'asymmetric', { nearest_mode: text('floor') }),
  ),
  resize('nearest by default', { scales: double }, {}),
  ...coordinates.flatMap((how) =>
    roundings.flatMap((rounding) => [
      resize(
        `nearest, ${how}, ${rounding}, up`,
        { scales: up },
        mode('nearest', how, { nearest_mode: text(rounding) }),
      ),
      resize(
        `nearest, ${how}, ${rounding}, down`,
        { scales: down },
        mode('nearest', how, { nearest_mode: text(rounding) }),
      ),
    ]),
  ),
  ...['linear', 'cubic'].flatMap((name) => [
    ...coordinates.flatMap((how) => [
      resize(`${name}, ${how}, up`, { scales: up }, mode(name, how)),
      resize(`${name}, ${how}, down`, { scales: down }, mode(name, how)),
      resize(`${name}, ${how}, to sizes`, { sizes: [2, 3, 8, 4] }, mode(name, how)),
    ]),
    resize(`${name}, × 2`, { scales: double }, mode(name, 'half_pixel')),
    resize(`${name}, half_pixel_symmetric`, { scales: up }, mode(name, 'half_pixel_symmetric'), undefined, 19),
    resize(
      `${name}, antialias, down`,
      { scales: down },
      mode(name, 'half_pixel', { antialias: int(1) }),
      undefined,
      18,
    ),
  ]),
  resize('nearest, half_pixel_symmetric', { scales: up }, mode('nearest', 'half_pixel_symmetric'), undefined, 19),
  resize(
    'cubic, a = −0.5, exclude_outside',
    { scales: up },
    mode('cubic', 'half_pixel', { cubic_coeff_a: float(-0.5), exclude_outside: int(1) }),
  ),
  resize('nearest, to sizes', { sizes: [2, 3, 8, 4] }, mode('nearest', 'asymmetric', { nearest_mode: text('floor') })),
  resize(
    'a scale that keeps the size beside one that does not',
    { scales: [1, 1, 1.1, 2] },
    mode('linear', 'asymmetric'),
  ),
  resize('scales that keep all sizes', { scales: [1, 1, 1.1, 1.15] }, mode('linear', 'asymmetric')),
  resize('to one pixel and from one', { sizes: [2, 3, 1, 4] }, mode('linear', 'half_pixel'), [2, 3, 5, 1]),
  resize('channels too', { scales: [1, 2, 2, 1] }, mode('nearest', 'asymmetric', { nearest_mode: text('floor') })),
  resize('1-D', { scales: [1, 1, 1.7] }, mode('linear', 'half_pixel'), [2, 3, 5]),
  resize('1-D, nearest', { scales: [1, 1, 2] }, mode('nearest', 'asymmetric'), [2, 3, 5]),
  resize('3-D', { scales: [1, 1, 1.5, 2, 0.5] }, mode('linear', 'half_pixel'), [1, 2, 3, 4, 6]),
  resize('3-D, nearest', { scales: [1, 1, 2, 2, 0.5] }, mode('nearest', 'asymmetric'), [1, 2, 3, 4, 6]),
  resize('axes, scales', { scales: [1.7, 2.3] }, mode('linear', 'half_pixel', { axes: ints(2, 3) }), undefined, 18),
  resize(
    'axes from the end, swapped, sizes',
    { sizes: [9, 7] },
    mode('linear', 'half_pixel', { axes: ints(-1, -2) }),
    undefined,
    18,
  ),
]
