import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Coalition } from './game.ts'

/** Up to so many coalitions of a size are listed and shuffled; of more, drawing one twice is rare. */
const MAX_LISTED = 4096

type Draw = (below: number) => number

/**
 * Coalitions in pairs, each followed by its complement: sizes uniform over 1..n − 1, then a uniform subset, which is
 * sampling by leverage scores (Musco and Witter 2024, "Provably accurate Shapley value estimation via leverage score
 * sampling"). No coalition comes twice. Sizes take turns in random order, so that any beginning of the list is a
 * sample stratified by size: a method may stop between any two pairs. With a budget of 2ⁿ − 2 it is all of them.
 * @param budget coalitions at most; an odd one is left over
 * @returns neither the empty nor the full coalition
 */
export function leverageSample(players: number, budget: number, seed: number): Coalition[] {
  const generator = xoroshiro128plus(seed)
  const draw: Draw = (below) => uniformInt(generator, 0, below - 1)
  const sources = new Map(
    Array.from({ length: Math.floor(players / 2) }, (_, i) => [i + 1, subsets(players, i + 1, draw)]),
  )
  const sample: Coalition[] = []
  let turns: number[] = []
  while (sample.length + 2 <= budget && sources.size > 0) {
    if (turns.length === 0)
      turns = shuffled(
        Array.from({ length: players - 1 }, (_, i) => i + 1),
        draw,
      )
    const turn = turns.pop()!
    const size = Math.min(turn, players - turn)
    const { value: subset, done } = sources.get(size)?.next() ?? { done: true }
    if (done || !subset) sources.delete(size)
    else
      sample.push(
        subset,
        subset.map((taking) => 1 - taking),
      )
  }
  return sample
}

/** Subsets of one size without repetition; of half the players only those with player 0, the others being complements. */
function* subsets(players: number, size: number, draw: Draw): Generator<Coalition, undefined> {
  const halves = 2 * size === players
  const count = choose(players, size)
  if (count <= MAX_LISTED) {
    const all = combinations(players, size).filter((subset) => !halves || subset[0] === 1)
    yield* shuffled(all, draw)
    return
  }
  const seen = new Set<string>()
  const order = Array.from({ length: players }, (_, i) => i)
  while (seen.size < (halves ? count / 2 : count)) {
    const drawn = subsetOf(order, size, draw)
    const subset = halves && drawn[0] === 0 ? drawn.map((taking) => 1 - taking) : drawn
    const key = String.fromCharCode(...subset)
    if (seen.has(key)) continue
    seen.add(key)
    yield subset
  }
}

/** By a partial Fisher–Yates shuffle; what order the players are in before does not matter. */
function subsetOf(order: number[], size: number, draw: Draw): Coalition {
  const subset = new Uint8Array(order.length)
  for (let i = 0; i < size; i++) {
    const j = i + draw(order.length - i)
    const player = order[j]!
    order[j] = order[i]!
    order[i] = player
    subset[player] = 1
  }
  return subset
}

function combinations(players: number, size: number): Coalition[] {
  const chosen = Array.from({ length: size }, (_, i) => i)
  const all: Coalition[] = []
  while (true) {
    const subset = new Uint8Array(players)
    for (const player of chosen) subset[player] = 1
    all.push(subset)
    let last = size - 1
    while (last >= 0 && chosen[last] === players - size + last) last--
    if (last < 0) return all
    chosen[last]!++
    for (let i = last + 1; i < size; i++) chosen[i] = chosen[i - 1]! + 1
  }
}

/** In place. */
export function shuffled<T>(list: T[], draw: Draw): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = draw(i + 1)
    const kept = list[i]!
    list[i] = list[j]!
    list[j] = kept
  }
  return list
}

/** How many coalitions of a size there are, to float64's precision; Infinity beyond its range. */
export function choose(players: number, size: number): number {
  let count = 1
  for (let i = 1; i <= Math.min(size, players - size); i++) count = (count * (players - i + 1)) / i
  return Math.round(count)
}

export const sizeOf = (coalition: Coalition): number => coalition.reduce((sum, taking) => sum + taking, 0)

/**
 * What each coalition counts in a regression whose solution is the Shapley values: the Shapley kernel
 * (n − 1) / (C(n, s) · s · (n − s)) ÷ the probability of having been drawn. Each size keeps its whole weight, shared by
 * those of its coalitions that are there; where all are there it is the kernel itself.
 * @param coalitions of at least one and not all of the players, uniform within their size
 */
export function kernelWeights(players: number, coalitions: readonly Coalition[]): Float64Array {
  const counts = countsBySize(players, coalitions)
  return Float64Array.from(coalitions, (coalition) => {
    const size = sizeOf(coalition)
    return (players - 1) / (size * (players - size) * counts[size]!)
  })
}

/** How many of the coalitions have each size, 0..players. */
export function countsBySize(players: number, coalitions: readonly Coalition[]): Float64Array {
  const counts = new Float64Array(players + 1)
  for (const coalition of coalitions) counts[sizeOf(coalition)]! += 1
  return counts
}
