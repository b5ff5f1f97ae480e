import { Tensor } from 'onnxruntime-node'
import { int, text } from '../../../src/index.ts'
import { noise } from '../gradient-check.ts'
import { type GradientCase, nodeCase } from './case.ts'

/** Points in the picture and around it, each a little from where its four pixels change. */
function points([batch, height, width]: readonly [number, number, number], [rows, columns]: readonly [number, number]) {
  const next = noise(11)
  const between = (size: number, isAligned: boolean) => {
    const pixel = Math.floor(((next() + 1) / 2) * (size + 2)) - 1 + (0.3 + 0.2 * next())
    return isAligned ? (2 * pixel) / (size - 1) - 1 : (2 * pixel + 1) / size - 1
  }
  return (isAligned: boolean) =>
    new Tensor(
      'float32',
      Float32Array.from({ length: batch * rows * columns * 2 }, (_, i) =>
        between(i % 2 === 0 ? width : height, isAligned),
      ),
      [batch, rows, columns, 2],
    )
}

function sample(
  variant: string,
  x: readonly [number, number, number, number],
  grid: readonly [number, number],
  { aligned = false, mode = 'bilinear', opset = 17 } = {},
) {
  const [batch, channels, height, width] = x
  const attributes = { mode: text(mode), ...(aligned && { align_corners: int(1) }) }
  return nodeCase('GridSample', variant, {
    inputs: { x: [batch, channels, height, width], grid: points([batch, height, width], grid)(aligned) },
    attributes,
    opset,
  })
}

export const gridSampleCases: readonly GradientCase[] = [
  sample('edges at ±1', [2, 3, 4, 5], [3, 6]),
  sample('centres at ±1', [2, 3, 5, 4], [4, 4], { aligned: true }),
  sample('one channel, one column of points', [3, 1, 6, 3], [7, 1]),
  sample('opset 20', [2, 2, 4, 4], [3, 3], { mode: 'linear', opset: 20 }),
]
