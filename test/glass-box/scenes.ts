import { additive, type Evidence } from './evidence.ts'
import type { Board } from './network.ts'

/** Twelve players: few enough to ask all coalitions. */
export const smallBoard: Board = { rows: 3, cols: 4, tile: 16 }

/** Of the weights under a sigmoid. */
export const UNIT = 0.25

/** One object of each kind of game; tiles of a row are 0 to 3, 4 to 7, 8 to 11. */
export const kinds = {
  additive: {
    box: [1, 0, 3, 2],
    bias: 0.1,
    terms: additive([0, 0.2, 0.15, -0.05, 0, 0.1, 0.25, 0, 0.05, 0, 0, 0.08]),
    link: 'none',
  },
  pairs: {
    box: [0, 0, 2, 2],
    bias: 0.05,
    terms: [
      ...additive([0.1, 0.05, 0, 0, 0.05]),
      { tiles: [0, 1], weight: 0.2 },
      { tiles: [4, 5], weight: 0.3 },
      { tiles: [0, 5, 11], weight: 0.12 },
    ],
    link: 'none',
  },
  all: { box: [2, 1, 4, 3], bias: 0, terms: [{ tiles: [6, 7, 10, 11], weight: 0.9 }], link: 'none' },
  sigmoid: {
    box: [1, 1, 3, 3],
    bias: -4,
    terms: additive([0.5, 0, 0, -0.75, 0.25, 2, 1.5, 0, 0, 1.5, 1.25, 1]),
    link: 'sigmoid',
  },
  'noisy-or': {
    box: [0, 1, 2, 3],
    bias: 0,
    terms: additive([0.1, 0, 0, 0.4, 0.6, 0.3, 0, 0, 0.5, 0.2]),
    link: 'noisy-or',
  },
} as const satisfies Readonly<Record<string, Evidence>>

export const kindNames = Object.keys(kinds) as readonly (keyof typeof kinds)[]
