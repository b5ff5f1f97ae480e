import { type Evidence, sigmoid, type Term } from './evidence.ts'

/** A game of `players`, by the value of a coalition of ones and zeros. */
export type Value = (coalition: Uint8Array) => number

/**
 * Shapley values of an object's evidence, in closed form.
 * @param unit of which all weights under a sigmoid are whole multiples
 */
export function shapley(evidence: Evidence, players: number, unit = 1): Float64Array {
  if (evidence.link === 'none') return ofTerms(evidence.terms, players)
  return evidence.link === 'noisy-or' ? ofNoisyOr(evidence.terms, players) : ofSigmoid(evidence, players, unit)
}

/**
 * A sum of unanimity games: each is shared evenly by those it needs, since they are alike and all others are dummies
 * (Shapley 1953, "A value for n-person games").
 */
function ofTerms(terms: readonly Term[], players: number): Float64Array {
  const values = new Float64Array(players)
  for (const { tiles, weight } of terms) for (const tile of tiles) values[tile]! += weight / tiles.length
  return values
}

/**
 * The Shapley value is the mean of ∂ of the multilinear extension along the diagonal (Owen 1972, "Multilinear
 * extensions of games"): φ_j = ∫₀¹ E[v(S ∪ j) − v(S)] dt where each other player is in S with probability t. Of
 * 1 − Π (1 − p_i z_i) that is p_j · ∫ Π_{i ≠ j} (1 − t p_i) dt, a polynomial.
 */
function ofNoisyOr(terms: readonly Term[], players: number): Float64Array {
  const values = new Float64Array(players)
  for (const one of terms) {
    const others = terms.filter((term) => term !== one)
    const silent = (t: number) => others.reduce((product, { weight }) => product * (1 - t * weight), 1)
    values[one.tiles[0]!]! += one.weight * integral(silent, others.length)
  }
  return values
}

/**
 * The same integral where E is over the sum of the others' weights: Poisson-binomial in whole units, so that its
 * distribution is found player by player; and a polynomial in t of as many degrees as there are others.
 */
function ofSigmoid({ bias, terms }: Evidence, players: number, unit: number): Float64Array {
  const steps = terms.map(({ tiles, weight }) => ({ tile: tiles[0]!, step: wholeSteps(tiles, weight / unit) }))
  const byStep = new Map<number, number>()
  const values = new Float64Array(players)
  for (const { tile, step } of steps) {
    if (!byStep.has(step)) {
      const others = steps.filter((other) => other.tile !== tile).map((other) => other.step)
      byStep.set(
        step,
        integral((t) => meanGain({ others, step, t, bias, unit }), others.length),
      )
    }
    values[tile]! += byStep.get(step)!
  }
  return values
}

function wholeSteps(tiles: readonly number[], steps: number): number {
  const whole = Math.round(steps)
  if (tiles.length !== 1 || Math.abs(steps - whole) > 1e-9)
    throw new RangeError(`${steps} units of ${tiles.length} tiles`)
  return whole
}

interface Gain {
  readonly others: readonly number[]
  readonly step: number
  readonly t: number
  readonly bias: number
  readonly unit: number
}

function meanGain({ others, step, t, bias, unit }: Gain): number {
  const lowest = others.reduce((sum, other) => sum + Math.min(0, other), 0)
  const highest = others.reduce((sum, other) => sum + Math.max(0, other), 0)
  let chances = new Float64Array(highest - lowest + 1)
  chances[-lowest] = 1
  for (const other of others) {
    const next = new Float64Array(chances.length)
    for (const [i, chance] of chances.entries()) {
      if (chance === 0) continue
      next[i]! += (1 - t) * chance
      next[i + other]! += t * chance
    }
    chances = next
  }
  const linked = (sum: number) => sigmoid(bias + unit * sum)
  return chances.reduce((all, chance, i) => all + chance * (linked(i + lowest + step) - linked(i + lowest)), 0)
}

/** φ_j = Σ_S |S|! (n − |S| − 1)! ÷ n! · [v(S ∪ j) − v(S)], over all coalitions: for boards of a dozen tiles. */
export function enumeratedShapley(value: Value, players: number): Float64Array {
  const worth = Float64Array.from({ length: 2 ** players }, (_, code) => value(coalitionOf(code, players)))
  const weights = [1 / players]
  for (let size = 1; size < players; size++) weights.push((weights[size - 1]! * size) / (players - size))
  const values = new Float64Array(players)
  for (let code = 0; code < worth.length; code++) {
    const size = coalitionOf(code, players).reduce((sum, one) => sum + one, 0)
    for (let j = 0; j < players; j++) {
      if (((code >> j) & 1) === 0) values[j]! += weights[size]! * (worth[code | (1 << j)]! - worth[code]!)
    }
  }
  return values
}

/** Players in a binary tree. */
export type Hierarchy = number | readonly [Hierarchy, Hierarchy]

/**
 * Owen values of any game over a hierarchy. A game is a sum of unanimity games (Harsanyi 1963), and in each a part that
 * is needed in both halves owes half to either, since one without the other is worth nothing; else all goes one way.
 */
export function owenValues(value: Value, hierarchy: Hierarchy, players: number): Float64Array {
  const values = new Float64Array(players)
  for (const [code, dividend] of dividendsOf(value, players).entries()) share(hierarchy, code, dividend, values)
  return values
}

function share(part: Hierarchy, code: number, dividend: number, into: Float64Array): void {
  if (typeof part === 'number') {
    into[part]! += dividend
    return
  }
  const needed = part.filter((half) => isNeeded(half, code))
  for (const half of needed) share(half, code, dividend / needed.length, into)
}

const isNeeded = (part: Hierarchy, code: number): boolean =>
  typeof part === 'number' ? ((code >> part) & 1) === 1 : part.some((half) => isNeeded(half, code))

/** Of each coalition, by its code, what it adds that none of its parts does: the Möbius transform of the values. */
function dividendsOf(value: Value, players: number): Float64Array {
  const dividends = Float64Array.from({ length: 2 ** players }, (_, code) => value(coalitionOf(code, players)))
  for (let j = 0; j < players; j++) {
    for (let code = 0; code < dividends.length; code++)
      if ((code >> j) & 1) dividends[code]! -= dividends[code ^ (1 << j)]!
  }
  dividends[0] = 0
  return dividends
}

/** Player j takes part where bit j of the code is set. */
export const coalitionOf = (code: number, players: number): Uint8Array =>
  Uint8Array.from({ length: players }, (_, j) => (code >> j) & 1)

/** ∫₀¹ of a polynomial of `degree` by Gauss–Legendre, which is exact with (degree + 1) ÷ 2 nodes. */
function integral(f: (t: number) => number, degree: number): number {
  const count = Math.max(1, Math.ceil((degree + 1) / 2))
  let sum = 0
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    let slope = 1
    // Newton's steps to a root of the Legendre polynomial, from an estimate that is good already.
    for (let step = 0; step < 6; step++) {
      const { value, derivative } = legendre(count, x)
      slope = derivative
      x -= value / derivative
    }
    sum += f((1 + x) / 2) / ((1 - x * x) * slope * slope)
  }
  return sum
}

function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [before, value] = [1, x]
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
  return { value, derivative: (degree * (x * value - before)) / (x * x - 1) }
}
