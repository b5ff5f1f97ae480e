import { int, text } from '../../attribute.ts'
import { ElemType } from '../../tensor.ts'
import type { Rule, Site } from '../rule.ts'
import { cut, joined, sizesAt, summed, turned } from './along.ts'

// Bilinear sampling (Jaderberg et al. 2015, arXiv:1506.02025, equations 5 to 7), with zeros around the picture. A point
// p of the grid lies at (u, v) between four pixels (uᵢ, vᵢ), of the picture or not (mᵢ):
//
//   y[c, p] = Σᵢ mᵢ · (1 − |u − uᵢ|) · (1 − |v − vᵢ|) · x[c, vᵢ, uᵢ]
//
//   dx[c, vᵢ, uᵢ] gets Σ mᵢ · (1 − |u − uᵢ|) · (1 − |v − vᵢ|) · dy[c, p]
//   du[p] = Σᵢ mᵢ · sᵢ · (1 − |v − vᵢ|) · Σ_c dy[c, p] · x[c, vᵢ, uᵢ], with sᵢ = 1 where uᵢ > u, else −1; dv so too
//
// Channels come last, so that pixels are scattered and gathered as rows.

export const GridSample: Rule = (site) => {
  const [x, grid] = site.inputs as [string, string]
  if (!['bilinear', 'linear'].includes(site.text('mode', 'bilinear')) || site.shapeOf(x).length !== 4)
    throw site.unsupported('samples other than bilinearly from pictures', 'Export it with the mode "bilinear"')
  if (site.text('padding_mode', 'zeros') !== 'zeros')
    throw site.unsupported('samples with other than zeros outside', 'Export it with the padding mode "zeros"')
  const corners = cornersOf(site)
  const rows = site.op('Unsqueeze', channelsLast(site, site.cotangents[0]!), site.integers(2))
  return [
    site.wants(0) ? atPicture(site, corners, rows, x) : undefined,
    site.wants(1) ? atGrid(site, corners, rows, { x, grid }) : undefined,
  ]
}

interface Corners {
  /** For its four pixels of each point, [N, P, 4]: 1 − |u − uᵢ| and 1 − |v − vᵢ|, but 0 outside of the picture. */
  readonly nearU: string
  readonly nearV: string
  /** Their rows among the pixels of all pictures, int64 [N, P, 4, 1]; some pixel where they are outside. */
  readonly rows: string
}

function cornersOf(site: Site): Corners {
  const { op, scalar } = site
  const [x, grid] = site.inputs as [string, string]
  const [height, width] = sizesAt(site, x, [2, 3]) as [number, number]
  const u = pixelsAlong(site, grid, 0, width, [0, 1, 0, 1])
  const v = pixelsAlong(site, grid, 1, height, [0, 0, 1, 1])
  const isInside = op('And', u.isInside, v.isInside)
  const pixel = op('Add', op('Mul', v.pixel, scalar(width)), u.pixel)
  const place = site.node('Cast', {
    inputs: [op('Where', isInside, pixel, scalar(0))],
    attributes: { to: int(ElemType.INT64) },
  })[0]
  const rows = op('Add', place, firstRows(site, x, height * width))
  return {
    nearU: op('Where', isInside, u.near, scalar(0)),
    nearV: op('Where', isInside, v.near, scalar(0)),
    rows: op('Unsqueeze', rows, site.integers(-1)),
  }
}

/** The four pixels' places along an axis of `size`, as floats [N, P, 4]. */
function pixelsAlong(site: Site, grid: string, index: number, size: number, offsets: readonly number[]) {
  const { op, scalar } = site
  const coordinate = op('Reshape', cut(site, grid, -1, [index, index + 1]), site.integers(0, -1, 1))
  const shift = op('Mul', op('Add', coordinate, scalar(1)), scalar(pixelsPerUnit(site, size)))
  const place = site.int('align_corners', 0) ? shift : op('Sub', shift, scalar(0.5))
  const pixel = op('Add', op('Floor', place), site.floats(Float32Array.from(offsets), [4]))
  return {
    pixel,
    near: op('Sub', scalar(1), op('Abs', op('Sub', place, pixel))),
    isInside: op('And', op('GreaterOrEqual', pixel, scalar(0)), op('Less', pixel, scalar(size))),
  }
}

/** From −1 to 1 are the outer edges, or with `align_corners` the centres, of the outer pixels. */
const pixelsPerUnit = (site: Site, size: number) => (site.int('align_corners', 0) ? (size - 1) / 2 : size / 2)

/** For each picture its first row among the pixels of all, int64 [N, 1, 1]. */
function firstRows(site: Site, x: string, pixels: number): string {
  const scalar = (value: string) => site.op('Squeeze', value)
  const batch = cut(site, site.op('Shape', x), 0, [0, 1])
  const numbers = site.op('Range', scalar(site.integers(0)), scalar(batch), scalar(site.integers(1)))
  return site.op('Reshape', site.op('Mul', numbers, site.integers(pixels)), site.integers(-1, 1, 1))
}

/** [N, C, …] → [N, P, C] */
function channelsLast(site: Site, value: string): string {
  const [channels] = sizesAt(site, value === site.cotangents[0] ? site.outputs[0]! : value, [1])
  return turned(site, site.op('Reshape', value, site.integers(0, channels!, -1)), [0, 2, 1])
}

function atPicture(site: Site, { nearU, nearV, rows }: Corners, dy: string, x: string): string {
  const { op, integers } = site
  const [channels, height, width] = sizesAt(site, x, [1, 2, 3]) as [number, number, number]
  const weights = op('Unsqueeze', op('Mul', nearU, nearV), integers(-1))
  const pixels = op('Mul', cut(site, op('Shape', x), 0, [0, 1]), integers(height * width))
  const shape = joined(site, [pixels, integers(channels)], 0)
  const sums = site.node('ScatterND', {
    inputs: [op('ConstantOfShape', shape), rows, op('Mul', weights, dy)],
    attributes: { reduction: text('add') },
  })[0]
  return turned(site, op('Reshape', sums, integers(-1, height, width, channels)), [0, 3, 1, 2])
}

function atGrid(
  site: Site,
  { nearU, nearV, rows }: Corners,
  dy: string,
  { x, grid }: { x: string; grid: string },
): string {
  const { op, scalar } = site
  const [channels, height, width] = sizesAt(site, x, [1, 2, 3]) as [number, number, number]
  const pixels = op('Reshape', channelsLast(site, x), site.integers(-1, channels))
  const picked = op('GatherND', pixels, rows)
  const column = turned(site, dy, [0, 1, 3, 2])
  const products = op('Squeeze', op('MatMul', picked, column), site.integers(-1))
  const along = (near: string, signs: readonly number[], size: number) => {
    const slopes = op(
      'Mul',
      op('Mul', near, site.floats(Float32Array.from(signs), [4])),
      scalar(pixelsPerUnit(site, size)),
    )
    return summed(site, op('Mul', products, slopes), [-1])
  }
  const parts = [along(nearV, [-1, 1, -1, 1], width), along(nearU, [-1, -1, 1, 1], height)]
  return site.reshaped(joined(site, parts, -1), grid)
}
