import { join } from 'node:path'
import type { Box } from '@fanlight/contracts'
import { evenBounds } from '@fanlight/evaluate'
import type { Coalition } from '@fanlight/game'
import { z } from 'zod'
import type { Sessions } from './explain-photo.ts'
import { kept } from './quality-cache.ts'
import { answersTo, bitsOf, endsAndPairs, PLAYERS, SIDE, type Studied } from './quality-photos.ts'
import { type CellBounds, Cells, crossFitted, Reference, widePrior } from './quality-reference.ts'

const PAIRED = 1800
const MAX_SMALL = 2
/** Targets with a side of less than two cells of the whole photo's. */
const SMALL = 2 / SIDE
/** Nearer to the photo's border, in shares of its side, there is no cell beyond. */
const BORDER = 0.003

/** Rows as of the whole photo: nobody, everybody, and pairs. */
const Recording = z.object({ bits: z.base64(), values: z.array(z.number()) })

interface Size {
  readonly width: number
  readonly height: number
}

/** A reference of the cells around one detection: the box grown to twice its sides, all else kept. */
const Around = z.object({ detection: z.int(), cells: Cells, reference: Reference })
type Around = z.infer<typeof Around>

const isSmall = ([x1, y1, x2, y2]: Box, { width, height }: Size): boolean =>
  Math.min((x2 - x1) / width, (y2 - y1) / height) < SMALL

/** Of the small detections that are looked at closely. */
export const smallOnes = ({ recording }: Studied): number[] =>
  Array.from(recording.detections.keys())
    .filter((i) => isSmall(recording.detections[i]!.box, recording))
    .slice(0, MAX_SMALL)

/** In the order of `smallOnes`. */
export function referencesAround(sessions: Sessions, photo: Studied): Promise<Around[]> {
  const { recording, folder } = photo
  return kept(join(folder, 'reference-b-v1.json'), z.array(Around), async () => {
    const made: Around[] = []
    for (const detection of smallOnes(photo)) {
      const path = join(folder, `around-${detection}.json`)
      const { bits, values } = await kept(path, Recording, () => recordAround(sessions, photo, detection))
      const { box } = recording.detections[detection]!
      const cells = cellsAround(box, recording)
      const prior = widePrior(...within(box, recording, cells))
      made.push({ detection, cells, reference: crossFitted({ bits, paired: PAIRED, values, prior }) })
    }
    return made
  })
}

async function recordAround(sessions: Sessions, photo: Studied, detection: number): Promise<z.infer<typeof Recording>> {
  const { image, recording } = photo
  const target = recording.detections[detection]!
  const rows = endsAndPairs(PAIRED, Number.parseInt(image.sha256.slice(0, 8), 16) ^ detection)
  const { grid, widen } = gridOf(cellsAround(target.box, recording))
  const [values] = await answersTo(sessions, image, { targets: [target], grid, rows: rows.map(widen) })
  return { bits: bitsOf(rows), values: values! }
}

/** 8 × 8 cells over the box grown to twice its sides, as far as the photo goes. */
export function cellsAround([x1, y1, x2, y2]: Box, { width, height }: Size): CellBounds {
  const side = (from: number, to: number, all: number) => {
    const grown = (to - from) / 2
    const [low, high] = [(from - grown) / all, (to + grown) / all]
    return evenBounds(low < BORDER ? 0 : low, high > 1 - BORDER ? 1 : high, SIDE)
  }
  return { x: side(x1, x2, width), y: side(y1, y2, height) }
}

/** The whole photo as a grid of which only these cells are ever hidden. */
function gridOf({ x, y }: CellBounds) {
  const [across, down] = [x, y].map((bounds) => ({
    before: bounds[0]! > 0 ? 1 : 0,
    bounds: [...(bounds[0]! > 0 ? [0] : []), ...bounds, ...(bounds.at(-1)! < 1 ? [1] : [])],
  })) as [{ before: number; bounds: number[] }, { before: number; bounds: number[] }]
  const [cols, rows] = [across.bounds.length - 1, down.bounds.length - 1]
  const widen = (coalition: Coalition): Coalition => {
    const wide = new Uint8Array(rows * cols).fill(1)
    for (let i = 0; i < PLAYERS; i++) {
      wide[(down.before + Math.floor(i / SIDE)) * cols + across.before + (i % SIDE)] = coalition[i]!
    }
    return wide
  }
  return { grid: { kind: 'grid', rows, cols, edges: 'hard', x: across.bounds, y: down.bounds } as const, widen }
}

/** The box as it lies within the cells, and their size. */
function within([x1, y1, x2, y2]: Box, { width, height }: Size, { x, y }: CellBounds): [Box, Size] {
  const [left, top] = [x[0]! * width, y[0]! * height]
  const size = { width: x.at(-1)! * width - left, height: y.at(-1)! * height - top }
  return [[x1 - left, y1 - top, x2 - left, y2 - top], size]
}
