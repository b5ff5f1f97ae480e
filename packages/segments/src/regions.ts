import type { LabRaster, Superpixels } from './slic.ts'

interface Region {
  readonly cells: number[]
  /** Of L*, a* and b*. */
  readonly sums: [number, number, number]
  /** That it went to; itself while it stands. */
  into: number
}

/**
 * Connected segments of labelled cells: each piece of a label is one, and those of fewer than `least` cells go to the
 * neighbour whose mean colour is nearest, the first of equals.
 */
export function connectedRegions(raster: LabRaster, labels: Int32Array, least: number): Superpixels {
  const { rows, cols } = raster
  const { regions, of } = piecesOf(raster, labels)
  const standing = (at: number): number => {
    let region = at
    while (regions[region]!.into !== region) region = regions[region]!.into
    return region
  }
  for (let piece = 0; piece < regions.length; piece++) {
    const region = standing(piece)
    if (regions[region]!.cells.length >= least) continue
    const likest = likestNeighbour(regions, region, (cell) => {
      return neighboursOf(cell, rows, cols).map((neighbour) => standing(of[neighbour]!))
    })
    if (likest !== undefined) merge(regions, region, likest)
  }
  const numbers = new Map<number, number>()
  const numbered = Uint16Array.from(of, (piece) => {
    const region = standing(piece)
    const number = numbers.get(region) ?? numbers.size
    numbers.set(region, number)
    return number
  })
  return { count: numbers.size, labels: numbered }
}

/** Cells of one label that touch along their sides, by their first cells. */
function piecesOf({ rows, cols, lab }: LabRaster, labels: Int32Array) {
  const of = new Int32Array(labels.length).fill(-1)
  const regions: Region[] = []
  for (let first = 0; first < labels.length; first++) {
    if (of[first] !== -1) continue
    const region: Region = { cells: [first], sums: [0, 0, 0], into: regions.length }
    of[first] = region.into
    // Grows while it is gone through.
    for (const cell of region.cells) {
      for (let i = 0; i < 3; i++) region.sums[i]! += lab[3 * cell + i]!
      for (const neighbour of neighboursOf(cell, rows, cols)) {
        if (of[neighbour] !== -1 || labels[neighbour] !== labels[first]) continue
        of[neighbour] = region.into
        region.cells.push(neighbour)
      }
    }
    regions.push(region)
  }
  return { regions, of }
}

function likestNeighbour(
  regions: readonly Region[],
  at: number,
  neighbours: (cell: number) => readonly number[],
): number | undefined {
  const region = regions[at]!
  let best = Number.POSITIVE_INFINITY
  let likest: number | undefined
  for (const other of new Set(region.cells.flatMap((cell) => [...neighbours(cell)]))) {
    const distance = unlikeness(region, regions[other]!)
    if (other === at || distance >= best) continue
    best = distance
    likest = other
  }
  return likest
}

const unlikeness = (one: Region, other: Region) =>
  one.sums.reduce((sum, value, i) => sum + (value / one.cells.length - other.sums[i]! / other.cells.length) ** 2, 0)

function merge(regions: readonly Region[], at: number, into: number): void {
  const [region, larger] = [regions[at]!, regions[into]!]
  region.into = into
  for (const cell of region.cells) larger.cells.push(cell)
  for (let i = 0; i < 3; i++) larger.sums[i]! += region.sums[i]!
}

/** Along its sides: two to four, none for a raster of one cell. */
function neighboursOf(cell: number, rows: number, cols: number): readonly number[] {
  const [row, col] = [Math.floor(cell / cols), cell % cols]
  const neighbours: number[] = []
  if (row > 0) neighbours.push(cell - cols)
  if (col > 0) neighbours.push(cell - 1)
  if (col < cols - 1) neighbours.push(cell + 1)
  if (row < rows - 1) neighbours.push(cell + cols)
  return neighbours
}
