import { type Evidence, type Term, worthOf } from './evidence.ts'
import type { Board } from './network.ts'
import { UNIT } from './scenes.ts'
import { shapley } from './truth.ts'

/** Sixty-four players, as many as the cells of references. */
export const largeBoard: Board = { rows: 8, cols: 8, tile: 8 }
const players = largeBoard.rows * largeBoard.cols

type Tiles = readonly [x1: number, y1: number, x2: number, y2: number]

/** An object, where the evidence is that should be in it, and a tile far outside of both that speaks for it, too. */
interface Planted {
  readonly name: string
  readonly box: Tiles
  readonly evidence: Tiles
  readonly marker: readonly [column: number, row: number]
}

const planted: readonly Planted[] = [
  { name: 'bottom right of a box at the top left', box: [1, 1, 4, 4], evidence: [1, 1, 4, 4], marker: [7, 7] },
  { name: 'at the top, right of a box below', box: [2, 4, 5, 7], evidence: [2, 4, 5, 7], marker: [7, 0] },
  { name: 'left of a small box', box: [5, 3, 7, 5], evidence: [5, 3, 7, 5], marker: [0, 4] },
  { name: 'far from a box that holds no evidence', box: [5, 5, 8, 8], evidence: [0, 0, 3, 3], marker: [0, 7] },
]

/** Of what is before the link, how much the marker stands for. */
const strengths = [0.1, 0.2, 0.35, 0.5, 0.7]

/** An object scores 0.92, and 0.001 without any evidence. */
const BIAS = -7
const STEPS = 9.5 / UNIT

export interface Marked {
  readonly name: string
  readonly evidence: Evidence
  readonly marker: number
  /** The marker's Shapley value ÷ (v(full) − v(empty)). */
  readonly share: number
}

/** How box and marker make a score: as detectors do, without a link, or where the box must be whole or counts nothing. */
type World = 'sigmoid' | 'plain' | 'whole'

const termsIn: Readonly<Record<World, (tiles: Tiles, marker: number, strength: number) => Omit<Evidence, 'box'>>> = {
  sigmoid(tiles, marker, strength) {
    const steps = Math.round(strength * STEPS)
    const terms = [{ tiles: [marker], weight: steps * UNIT }, ...spread(tiles, STEPS - steps)]
    return { bias: BIAS, terms, link: 'sigmoid' }
  },
  plain(tiles, marker, strength) {
    const steps = Math.round(strength * STEPS)
    const terms = [{ tiles: [marker], weight: steps * UNIT }, ...spread(tiles, STEPS - steps)]
    return { bias: 0, terms: terms.map((term) => ({ ...term, weight: term.weight / 10 })), link: 'none' }
  },
  whole(tiles, marker, strength) {
    const middle = spread(tiles, STEPS).flatMap((term) => [...term.tiles])
    const terms = [
      { tiles: [marker], weight: 0.9 * strength },
      { tiles: middle.slice(0, 4), weight: 0.9 * (1 - strength) },
    ]
    return { bias: 0, terms, link: 'none' }
  },
}

const markedIn = (world: World) =>
  planted.flatMap((each) => strengths.map((strength) => markedBy(each, strength, world)))

export const marked: readonly Marked[] = markedIn('sigmoid')

/** What no sigmoid of a sum fits. */
export const strangely: readonly Marked[] = [...markedIn('plain'), ...markedIn('whole')]

function markedBy(
  { name, box, evidence: tiles, marker: [column, row] }: Planted,
  strength: number,
  world: World,
): Marked {
  const marker = row * largeBoard.cols + column
  const evidence: Evidence = { box, ...termsIn[world](tiles, marker, strength) }
  const worth = (kept: number) => worthOf(evidence, new Uint8Array(players).fill(kept))
  const share = shapley(evidence, players, UNIT)[marker]! / (worth(1) - worth(0))
  return { name: `${strength} of the evidence ${name} (${world})`, evidence, marker, share }
}

/** So many whole steps over an area, most in its middle. */
function spread([x1, y1, x2, y2]: Tiles, steps: number): Term[] {
  const area = (x2 - x1) * (y2 - y1)
  const tiles = Array.from({ length: area }, (_, i) => {
    const [x, y] = [x1 + (i % (x2 - x1)), y1 + Math.floor(i / (x2 - x1))]
    return { tile: y * largeBoard.cols + x, distance: Math.hypot(x + 0.5 - (x1 + x2) / 2, y + 0.5 - (y1 + y2) / 2) }
  }).toSorted((a, b) => a.distance - b.distance)
  const least = Math.floor(steps / area)
  return tiles.map(({ tile }, i) => ({ tiles: [tile], weight: (least + Number(i < steps % area)) * UNIT }))
}
