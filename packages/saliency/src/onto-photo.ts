import type { Placement } from '@fanlight/image'

/** Width and height, in cells or pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Where a layer's map lies: it covers the network's whole input, of which the photo is a part. */
export interface LayerPlace {
  /** Cells of the layer. */
  readonly layer: Size
  /** Pixels of the network's input. */
  readonly network: Size
  readonly placement: Placement
}

/**
 * A layer's map on the photo, without the padding around it: what each cell of the result sees of the layer on
 * average, in the map's own unit. Along each side the mean is taken over the cell, but never over less than one cell of
 * the layer: that makes it linear between the centres of the layer's cells where those are the larger ones, and the
 * average of an area where they are the smaller. Beyond the centres of the outermost the layer is constant.
 * The cells of a layer are taken to divide the input evenly.
 * @param map float32 [layer.height, layer.width]
 * @param shape cells of the result, which covers the photo exactly
 * @returns float32 [shape.height, shape.width]
 * @throws RangeError for a map of another length
 */
export function ontoPhoto(map: Float32Array, { layer, network, placement }: LayerPlace, shape: Size): Float32Array {
  if (map.length !== layer.width * layer.height) {
    throw new RangeError(`a layer of ${layer.width} × ${layer.height} cells has no map of ${map.length}`)
  }
  const across = windows(shape.width, layer.width, placement.offsetX / network.width, placement.width / network.width)
  const down = windows(
    shape.height,
    layer.height,
    placement.offsetY / network.height,
    placement.height / network.height,
  )
  const wide = across.map((window) => meansOfRows(map, layer, window))
  return Float32Array.from({ length: shape.width * shape.height }, (_, cell) => {
    const column = wide[cell % shape.width]!
    const { first, weights } = down[Math.floor(cell / shape.width)]!
    return weights.reduce((sum, weight, i) => sum + weight * column[first + i]!, 0)
  })
}

/** Consecutive cells of a side, with weights that sum to 1. */
interface Window {
  readonly first: number
  readonly weights: readonly number[]
}

/**
 * The part of a side of the layer that each of `count` cells of the photo sees.
 * @param start,share where along the side, 0..1, the photo begins, and how much of it it takes
 */
function windows(count: number, cells: number, start: number, share: number): readonly Window[] {
  const step = (share * cells) / count
  const half = Math.max(1, step) / 2
  return Array.from({ length: count }, (_, i) => {
    const centre = start * cells + (i + 0.5) * step
    return between(centre - half, centre + half, cells)
  })
}

/** The cells between two places, which may lie beyond a side's ends, each by how much of it lies between them. */
function between(from: number, to: number, cells: number): Window {
  const first = Math.min(cells - 1, Math.max(0, Math.floor(from)))
  const last = Math.min(cells - 1, Math.ceil(to) - 1)
  const overlaps = Array.from({ length: last - first + 1 }, (_, i) => {
    return Math.min(to, first + i + 1) - Math.max(from, first + i)
  })
  const all = overlaps.reduce((sum, overlap) => sum + overlap, 0)
  return { first, weights: overlaps.map((overlap) => overlap / all) }
}

function meansOfRows(map: Float32Array, { width, height }: Size, { first, weights }: Window): Float64Array {
  return Float64Array.from({ length: height }, (_, row) =>
    weights.reduce((sum, weight, i) => sum + weight * map[row * width + first + i]!, 0),
  )
}
