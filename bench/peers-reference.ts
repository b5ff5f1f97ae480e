import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Box } from '@fanlight/contracts'
import { type CellMap, correlation, evenBounds, iou, resampled } from '@fanlight/evaluate'
import { kernelShap } from '@fanlight/game'
import { unpackRow } from '@fanlight/segments'
import { z } from 'zod'
import type { Shown } from './peers-contenders.ts'

const SIDE = 8
const PLAYERS = SIDE * SIDE
/** The empty and the full coalition come first, then pairs of complements. */
const ENDS = 2
const PAIRED = 3000
const SAME_BOX = 0.98

/** What the detector answered to coalitions of an 8 × 8 grid of hard cells, fill 114. */
const Recording = z.object({
  detections: z.array(z.object({ box: Box, class: z.int() })),
  bits: z.base64(),
  /** [targets][rows] */
  y: z.array(z.array(z.number())),
})

/** Shapley values of the cells of one target, and how well they are known. */
export interface Reference {
  readonly values: Float64Array
  /** Σ of the squared errors that the values still have, by their two halves. */
  readonly noise: number
  readonly empty: number
  readonly full: number
}

/** @returns one a target, undefined where nothing was recorded of it */
export async function referencesOf(folder: string, { path, targets }: Shown): Promise<(Reference | undefined)[]> {
  const file = join(folder, `${path.split('/').at(-1)}.json`)
  if (!existsSync(file)) return targets.map(() => undefined)
  const { detections, bits, y } = Recording.parse(JSON.parse(await readFile(file, 'utf8')))
  const set = { kind: 'bits', count: Buffer.byteLength(bits, 'base64') / (PLAYERS / 8), bits } as const
  const rows = Array.from({ length: PAIRED }, (_, i) => unpackRow(set, ENDS + i, PLAYERS))
  const halves = [rows.slice(0, PAIRED / 2), rows.slice(PAIRED / 2)].map((half) => kernelShap(PLAYERS, half))
  const whole = kernelShap(PLAYERS, rows)
  return targets.map((target) => {
    const at = detections.findIndex((seen) => seen.class === target.class && iou(seen.box, target.box) > SAME_BOX)
    if (at < 0) return undefined
    const [empty, full, ...values] = y[at]! as [number, number, ...number[]]
    const ends = { empty, full }
    const [a, b] = halves.map((half, i) => half(values.slice((i * PAIRED) / 2, ((i + 1) * PAIRED) / 2), ends).values)
    return { values: whole(values.slice(0, PAIRED), ends).values, noise: squared(a!, b!) / 4, ...ends }
  })
}

/**
 * ‖φ̂ − φ‖² ÷ ‖φ‖², the reference's own noise subtracted from both: φ̂ are the map's sums over the reference's cells,
 * rescaled to v(full) − v(empty).
 */
export function shapleyError(map: CellMap, { values, noise, empty, full }: Reference): number {
  const cells = cellsOf(map)
  const total = cells.reduce((sum, cell) => sum + cell, 0)
  const claimed = cells.map((cell) => (cell * (full - empty)) / total)
  return Math.max(0, squared(claimed, values) - noise) / (squared(values, new Float64Array(PLAYERS)) - noise)
}

/** Whatever the map's zero and scale. */
export const shapleyCorrelation = (map: CellMap, { values }: Reference): number | null =>
  correlation(cellsOf(map), values)

/** Means are sums, as all cells are of one size. */
function cellsOf(map: CellMap): Float32Array {
  const bounds = evenBounds(0, 1, SIDE)
  return resampled(map, bounds, bounds)
}

function squared(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}
