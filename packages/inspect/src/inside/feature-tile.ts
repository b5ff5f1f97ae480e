import type { Box } from '@fanlight/contracts'
import type { PreparedImage } from '@fanlight/detector/inside'
import type { DecodedImage } from '@fanlight/image'
import { colourMap } from '@fanlight/image/colour-map'
import type { LayerSize } from './open-detector.ts'

/** Longer side of a tile, about. */
const TILE_PX = 112

/** The part of a layer that lies over the photo, without the padding around it; cells, the ends excluded. */
export interface Window {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

type Input = { readonly width: number; readonly height: number }

export function photoWindow({ placement }: PreparedImage, layer: LayerSize, input: Input): Window {
  const [across, down] = [layer.width / input.width, layer.height / input.height]
  const low = (offset: number, cells: number) => Math.max(0, Math.floor(offset * cells))
  return {
    left: low(placement.offsetX, across),
    top: low(placement.offsetY, down),
    right: Math.max(1, Math.min(layer.width, Math.ceil((placement.offsetX + placement.width) * across))),
    bottom: Math.max(1, Math.min(layer.height, Math.ceil((placement.offsetY + placement.height) * down))),
  }
}

/** A channel as a picture: dark blue is its least number here, yellow its largest. */
export interface FeatureTile {
  readonly picture: DecodedImage
  /** From cells of the layer to pixels of the picture. */
  readonly scale: number
}

/** @param cells of one channel, [height, width] */
export function featureTile(cells: Float32Array, layer: LayerSize, window: Window): FeatureTile {
  const [columns, rows] = [window.right - window.left, window.bottom - window.top]
  const side = Math.max(columns, rows)
  const scale = side > TILE_PX ? 1 / Math.ceil(side / TILE_PX) : Math.max(1, Math.floor(TILE_PX / side))
  const [width, height] = [Math.max(1, Math.floor(columns * scale)), Math.max(1, Math.floor(rows * scale))]
  const values = new Float64Array(width * height)
  const at = (x: number, y: number) => {
    if (scale >= 1)
      return cells[(window.top + Math.floor(y / scale)) * layer.width + window.left + Math.floor(x / scale)]!
    return meanOf(cells, layer, {
      left: window.left + x / scale,
      top: window.top + y / scale,
      side: Math.round(1 / scale),
    })
  }
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) values[y * width + x] = at(x, y)
  return { picture: { width, height, data: coloured(values) }, scale }
}

function meanOf(cells: Float32Array, { width, height }: LayerSize, block: { left: number; top: number; side: number }) {
  let [sum, count] = [0, 0]
  const [left, top] = [Math.round(block.left), Math.round(block.top)]
  for (let y = top; y < Math.min(height, top + block.side); y++) {
    for (let x = left; x < Math.min(width, left + block.side); x++, count++) sum += cells[y * width + x]!
  }
  return count > 0 ? sum / count : 0
}

function coloured(values: Float64Array): Uint8Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < least) least = value
    if (value > most) most = value
  }
  const colour = colourMap('evidence', most - least)
  const data = new Uint8Array(3 * values.length)
  for (let i = 0; i < values.length; i++) {
    const { r, g, b } = colour(values[i]! - least)
    data.set([r, g, b], 3 * i)
  }
  return data
}

/** A box of the network's input, in pixels of a tile. */
export function boxInTile(
  [x1, y1, x2, y2]: Box,
  layer: LayerSize,
  place: { input: Input; window: Window; scale: number },
): Box {
  const { input, window, scale } = place
  const across = (x: number) => ((x * layer.width) / input.width - window.left) * scale
  const down = (y: number) => ((y * layer.height) / input.height - window.top) * scale
  return [across(x1), down(y1), across(x2), down(y2)]
}
