import { connectedRegions } from './regions.ts'

/** A small picture in CIELAB. */
export interface LabRaster {
  readonly rows: number
  readonly cols: number
  /** [rows][cols][L*, a*, b*], L* of 0..100. */
  readonly lab: Float64Array
  /** Width of a cell ÷ its height, > 0. */
  readonly aspect: number
}

export interface SlicOptions {
  /** How many are wanted, ≥ 1; there may be somewhat more or fewer, and never more than cells. */
  readonly segments: number
  /** m, the weight of nearness against likeness of colour. */
  readonly compactness: number
}

export interface Superpixels {
  readonly count: number
  /** The segment of each cell, row-major; numbered from 0 by their first cells. */
  readonly labels: Uint16Array
}

/** The paper's number: it finds that nothing changes any more after it. */
const PASSES = 10

/**
 * Superpixels by SLIC (Achanta et al. 2012, SLIC superpixels compared to state-of-the-art superpixel methods, TPAMI):
 * k-means in (L*, a*, b*, x, y) from seeds on a grid, D² = ΔLab² + (m / S)² Δxy², each centre looking 2S × 2S far, where
 * S is the side of a segment's share of the picture. Each segment is then one piece, touching along cells' sides, and
 * pieces smaller than a quarter of the share go to the neighbour that is most alike. Seeds are not moved off edges: a
 * raster's cells are means of many pixels already. Deterministic; of equal centres the first.
 */
export function slic(raster: LabRaster, options: SlicOptions): Superpixels {
  const { rows, cols } = raster
  const { centres, reach, nearness } = seedsOf(raster, options)
  let labels = new Int32Array(rows * cols)
  for (let pass = 0; pass < PASSES; pass++) {
    const next = nearest(raster, centres, { reach, nearness, labels })
    const isSame = pass > 0 && next.every((label, cell) => label === labels[cell])
    labels = next
    if (isSame) break
    moveTo(centres, raster, labels)
  }
  return connectedRegions(raster, labels, (rows * cols) / centres.length / 4)
}

interface Centre {
  l: number
  a: number
  b: number
  /** In heights of a cell. */
  x: number
  y: number
}

interface Seeds {
  readonly centres: readonly Centre[]
  /** Of a centre, to each side, in cells. */
  readonly reach: { readonly cols: number; readonly rows: number }
  /** (m / S)². */
  readonly nearness: number
}

/** In rows and columns as near to squares as the raster allows. */
function seedsOf(raster: LabRaster, { segments, compactness }: SlicOptions): Seeds {
  const { rows, cols, aspect } = raster
  const between = (value: number, most: number) => Math.max(1, Math.min(most, Math.round(value)))
  const down = between(segments / between(Math.sqrt((segments * cols * aspect) / rows), cols), rows)
  const across = between(segments / down, cols)
  const [width, height] = [cols / across, rows / down]
  const centres = Array.from({ length: down * across }, (_, i): Centre => {
    const [col, row] = [((i % across) + 0.5) * width, (Math.floor(i / across) + 0.5) * height]
    const at = 3 * (Math.floor(row) * cols + Math.floor(col))
    const [l, a, b] = raster.lab.subarray(at, at + 3) as unknown as [number, number, number]
    return { l, a, b, x: col * aspect, y: row }
  })
  const side = Math.sqrt(width * aspect * height)
  // Where cells are far from squares, a row or a column of seeds may stand more than S apart.
  const reach = { cols: Math.max(width, side / aspect), rows: Math.max(height, side) }
  return { centres, reach, nearness: (compactness / side) ** 2 }
}

interface Look extends Pick<Seeds, 'reach' | 'nearness'> {
  /** For a cell that no centre sees any more. */
  readonly labels: Int32Array
}

function nearest(
  { rows, cols, lab, aspect }: LabRaster,
  centres: readonly Centre[],
  { reach, nearness, labels }: Look,
): Int32Array<ArrayBuffer> {
  const next = labels.slice()
  const distances = new Float64Array(labels.length).fill(Number.POSITIVE_INFINITY)
  for (const [label, { l, a, b, x, y }] of centres.entries()) {
    const [top, bottom] = [Math.max(0, Math.floor(y - reach.rows)), Math.min(rows, Math.ceil(y + reach.rows))]
    const col = x / aspect
    const [left, right] = [Math.max(0, Math.floor(col - reach.cols)), Math.min(cols, Math.ceil(col + reach.cols))]
    for (let row = top; row < bottom; row++) {
      for (let col = left; col < right; col++) {
        const cell = row * cols + col
        const away = ((col + 0.5) * aspect - x) ** 2 + (row + 0.5 - y) ** 2
        const unlike = (lab[3 * cell]! - l) ** 2 + (lab[3 * cell + 1]! - a) ** 2 + (lab[3 * cell + 2]! - b) ** 2
        const distance = unlike + nearness * away
        if (distance >= distances[cell]!) continue
        distances[cell] = distance
        next[cell] = label
      }
    }
  }
  return next
}

/** Each centre to the mean of its cells; one without any stays. */
function moveTo(centres: readonly Centre[], { cols, lab, aspect }: LabRaster, labels: Int32Array): void {
  const sums = centres.map(() => ({ l: 0, a: 0, b: 0, x: 0, y: 0, cells: 0 }))
  for (const [cell, label] of labels.entries()) {
    const sum = sums[label]!
    sum.l += lab[3 * cell]!
    sum.a += lab[3 * cell + 1]!
    sum.b += lab[3 * cell + 2]!
    sum.x += ((cell % cols) + 0.5) * aspect
    sum.y += Math.floor(cell / cols) + 0.5
    sum.cells++
  }
  for (const [label, { l, a, b, x, y, cells }] of sums.entries()) {
    if (cells === 0) continue
    Object.assign(centres[label]!, { l: l / cells, a: a / cells, b: b / cells, x: x / cells, y: y / cells })
  }
}
