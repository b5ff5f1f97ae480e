import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { sigmoid } from './logistic-fit.ts'

/** Two players by their numbers. */
export type Pair = readonly [number, number]

/** Middle of a player's taking part, about which pairs are centred: that of the coalitions drawn. */
const CENTRE = 0.75
/** The row of a coalition: 1, who takes part, and of each pair (zᵢ − c)(zⱼ − c). */
export function featuresOf(coalition: ArrayLike<number>, pairs: readonly Pair[]): Float64Array {
  const players = coalition.length
  const row = new Float64Array(1 + players + pairs.length)
  row[0] = 1
  row.set(coalition, 1)
  for (let i = 0; i < pairs.length; i++) {
    const [first, second] = pairs[i]!
    row[1 + players + i] = (coalition[first]! - CENTRE) * (coalition[second]! - CENTRE)
  }
  return row
}

/** Draws of coalitions over which Shapley values are taken: with q from 0 to 1, each player takes part with probability q. */
const DRAWS = 400

const drawsOf = new Map<number, readonly Uint8Array[]>()

/** The same for every game of so many players; each draw is followed by its complement, whose errors undo much of its own. */
function draws(players: number): readonly Uint8Array[] {
  const known = drawsOf.get(players)
  if (known) return known
  const generator = xoroshiro128plus(players)
  const made = Array.from({ length: DRAWS / 2 }, (_, r) => {
    const z = Uint8Array.from({ length: players }, () =>
      (generator.next() >>> 0) / 2 ** 32 < (2 * r + 1) / DRAWS ? 1 : 0,
    )
    return [z, z.map((taken) => 1 - taken)]
  }).flat()
  drawsOf.set(players, made)
  return made
}

type Pairwise = { readonly players: number; readonly pairs: readonly Pair[] }

/**
 * Shapley values of σ(b + Σ wⱼzⱼ + Σ uᵢⱼ(zᵢ − c)(zⱼ − c)), as the mean over fixed draws z of what each player adds
 * (Owen's multilinear extension).
 */
export function shapleyValues(theta: Float64Array, game: Pairwise): Float64Array {
  const values = new Float64Array(game.players)
  for (const { without, gains } of steps(theta, game)) {
    for (let j = 0; j < values.length; j++) values[j]! += sigmoid(without[j]! + gains[j]!) - sigmoid(without[j]!)
  }
  return values.map((value) => value / DRAWS)
}

/** How the Shapley values change with θ: [features][players]. */
export function shapleyGradients(theta: Float64Array, game: Pairwise): Float64Array[] {
  const { players } = game
  const partners = partnersOf(game)
  const gradients = Array.from({ length: theta.length }, () => new Float64Array(players))
  const difference = new Float64Array(players)
  for (const { z, row, without, gains } of steps(theta, game)) {
    for (let j = 0; j < players; j++) {
      const [high, low] = [sigmoid(without[j]! + gains[j]!), sigmoid(without[j]!)]
      const [up, down] = [high * (1 - high), low * (1 - low)]
      difference[j] = up - down
      gradients[1 + j]![j]! += up - (z[j] ? up - down : 0)
      // What a pair of j's adds once j is in, and what it took while j was out, beyond what the row below counts.
      for (const [other, at] of partners[j]!) {
        const partner = z[other]! - CENTRE
        gradients[at]![j]! += partner * ((1 - CENTRE) * up + CENTRE * down - (z[j]! - CENTRE) * (up - down))
      }
    }
    for (let f = 0; f < row.length; f++) {
      const x = row[f]!
      if (x === 0) continue
      const gradient = gradients[f]!
      for (let j = 0; j < players; j++) gradient[j]! += x * difference[j]!
    }
  }
  return gradients.map((row) => row.map((value) => value / DRAWS))
}

interface Drawn {
  readonly z: Uint8Array
  readonly row: Float64Array
  /** The link's argument without each player, and what the player adds to it. Valid until the next draw. */
  readonly without: Float64Array
  readonly gains: Float64Array
}

function* steps(theta: Float64Array, game: Pairwise): Generator<Drawn> {
  const { players, pairs } = game
  const partners = partnersOf(game)
  const [without, gains] = [new Float64Array(players), new Float64Array(players)]
  for (const z of draws(players)) {
    const row = featuresOf(z, pairs)
    let score = 0
    for (let f = 0; f < row.length; f++) score += row[f]! * theta[f]!
    for (let j = 0; j < players; j++) {
      let gain = theta[1 + j]!
      for (const [other, at] of partners[j]!) gain += theta[at]! * (z[other]! - CENTRE)
      without[j] = z[j] ? score - gain : score
      gains[j] = gain
    }
    yield { z, row, without, gains }
  }
}

/** Of each player, with whom it makes pairs, and where their features are. */
function partnersOf({ players, pairs }: Pairwise): readonly (readonly [number, number][])[] {
  const partners = Array.from({ length: players }, (): [number, number][] => [])
  pairs.forEach(([first, second], i) => {
    partners[first]!.push([second, 1 + players + i])
    partners[second]!.push([first, 1 + players + i])
  })
  return partners
}

/** The values with what is missing to their sum laid on them, on each as it is large. */
export function closed(values: Float64Array, sum: number): Float64Array {
  const missing = sum - values.reduce((total, value) => total + value, 0)
  const size = values.reduce((total, value) => total + Math.abs(value), 0)
  return values.map((value) => value + (size > 0 ? (missing * Math.abs(value)) / size : missing / values.length))
}
