import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Coalition, Ends, Worth } from './game.ts'
import { shuffled } from './leverage-sampling.ts'

/** An order in which the players come, for any number of games. */
export type Walk = readonly number[]

/**
 * Random orders, each followed by its reverse, which is as likely: what one of them overrates the other underrates
 * (antithetic sampling: Mitchell, Cooper, Frank and Holmes, JMLR 2022).
 * @param pairs ≥ 1; more of them begin with the same ones
 */
export function antitheticWalks(players: number, pairs: number, seed: number): Walk[] {
  const generator = xoroshiro128plus(seed)
  return Array.from({ length: pairs }, () => {
    const order = shuffled(
      Array.from({ length: players }, (_, i) => i),
      (below) => uniformInt(generator, 0, below - 1),
    )
    return [order, order.toReversed()]
  }).flat()
}

/** Who is there after each step of each walk, but for the last one: n − 1 coalitions a walk. */
export function walkCoalitions(players: number, walks: readonly Walk[]): Coalition[] {
  return walks.flatMap((walk) => {
    const coalition = new Uint8Array(players)
    return walk.slice(0, -1).map((player) => {
      coalition[player] = 1
      return coalition.slice()
    })
  })
}

/**
 * Shapley values as the mean of what each player adds when it comes, over orders (Castro, Gómez and Tejada 2009). Each
 * order adds up to v(full) − v(empty), and so do the values.
 * @param walks of `antitheticWalks`; at least two pairs, or there is nothing to tell errors by
 * @param values of `walkCoalitions`
 */
export function permutationShapley(
  players: number,
  walks: readonly Walk[],
  values: ArrayLike<number>,
  ends: Ends,
): Worth {
  const pairs = walks.length / 2
  const sums = new Float64Array(players)
  const squares = new Float64Array(players)
  for (let pair = 0; pair < pairs; pair++) {
    const added = new Float64Array(players)
    for (const index of [2 * pair, 2 * pair + 1]) {
      let before = ends.empty
      walks[index]!.forEach((player, step) => {
        const after = step === players - 1 ? ends.full : values[index * (players - 1) + step]!
        added[player]! += (after - before) / 2
        before = after
      })
    }
    // Welford's, for a variance that does not cancel.
    for (let j = 0; j < players; j++) {
      const from = added[j]! - sums[j]!
      sums[j]! += from / (pair + 1)
      squares[j]! += from * (added[j]! - sums[j]!)
    }
  }
  return { values: sums, errors: squares.map((square) => Math.sqrt(square / (pairs - 1) / pairs)) }
}
