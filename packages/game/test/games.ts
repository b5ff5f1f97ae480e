import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Coalition, Ends } from '../src/index.ts'

/** A game as a sum over sets of players (as bits of a number): what the set is worth when all of it is there. */
export interface Game {
  readonly players: number
  /** Harsanyi's dividends. */
  readonly dividends: ReadonlyMap<number, number>
}

export const additive = (worths: readonly number[]): Game => ({
  players: worths.length,
  dividends: new Map(worths.map((worth, j) => [1 << j, worth])),
})

/** Worth 1 when all of the set are there. */
export const unanimity = (players: number, set: number): Game => ({ players, dividends: new Map([[set, 1]]) })

/** Player 0 has a left glove, players 1 and 2 a right one each: a pair is worth 1. */
export const gloves: Game = {
  players: 3,
  dividends: new Map([
    [0b011, 1],
    [0b101, 1],
    [0b111, -1],
  ]),
}

/** Random dividends for a number of random sets. */
export function multilinear(players: number, sets: number, seed: number): Game {
  const generator = xoroshiro128plus(seed)
  const dividends = new Map<number, number>()
  for (let i = 0; i < sets; i++) {
    const set = 1 + Math.floor(uniformFloat64(generator) * (2 ** players - 1))
    dividends.set(set, 2 * uniformFloat64(generator) - 1)
  }
  return { players, dividends }
}

export function worthOf({ dividends }: Game, coalition: Coalition): number {
  let present = 0
  coalition.forEach((taking, j) => {
    present |= taking << j
  })
  let sum = 0
  for (const [set, dividend] of dividends) if ((set & present) === set) sum += dividend
  return sum
}

export const endsOf = (game: Game): Ends => ({
  empty: worthOf(game, new Uint8Array(game.players)),
  full: worthOf(game, new Uint8Array(game.players).fill(1)),
})

/** Shapley values in closed form: each set's dividend goes evenly to its players. */
export function shapleyOf({ players, dividends }: Game): Float64Array {
  const values = new Float64Array(players)
  for (const [set, dividend] of dividends) {
    const members = Array.from({ length: players }, (_, j) => j).filter((j) => set & (1 << j))
    for (const j of members) values[j]! += dividend / members.length
  }
  return values
}

export const valuesOf = (game: Game, coalitions: readonly Coalition[]): Float64Array =>
  Float64Array.from(coalitions, (coalition) => worthOf(game, coalition))

export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)

/** Largest absolute difference. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
