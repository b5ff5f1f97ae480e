import { Matrix } from 'ml-matrix'
import type { Ends, Plays } from './game.ts'
import { fitLogistic, type LogisticFit, type LogisticModel, sigmoid, variancesOf } from './logistic-fit.ts'
import { closed, featuresOf, type Pair, shapleyGradients, shapleyValues } from './logistic-shapley.ts'
import { symmetricInverse } from './symmetric-inverse.ts'

/** What is thought of a game before it is played. Weights are in units of the link: log odds. */
export interface LogisticPrior {
  readonly ceiling: number
  readonly noise: (h: number) => number
  readonly intercept: { readonly mean: number; readonly deviation: number }
  /** [players]. */
  readonly weights: Float64Array
  /** [players, players]. */
  readonly covariance: Matrix
  /** Pairs of players that may matter together: how many of the heaviest players have them, and how much. */
  readonly pairs: {
    readonly players: number
    /** Standard deviation of a pair's weight, from the weights of both and the players' numbers. */
    readonly deviation: (first: number, second: number, weights: Float64Array) => number
  }
  /** Standard deviation that a player is given whom the plays show to matter, whatever was thought before. */
  readonly surprised: number
}

export interface LogisticWorth {
  /** Shapley values of the fitted game, in the unit of the values; they sum to v(full) − v(empty). */
  readonly values: Float64Array
  /** Standard deviations (Laplace), not calibrated. */
  readonly deviations: Float64Array
  /** What the values would be of the prior alone. */
  readonly prior: Float64Array
  /** Of each player: how much of what was unknown about its weight is unknown still, 0..1. */
  readonly unresolved: Float64Array
  /** Players that turned out to matter far more, or less, than was thought. */
  readonly surprises: readonly number[]
  readonly r2: number | null
  readonly efficiencyGap: number | null
  /** What the fitted game is worth to a coalition, in the unit of the values. */
  readonly predict: (coalition: ArrayLike<number>) => number
}

/** A pull of so many standard deviations away from the prior is no chance: among 64 players once in 30 games. */
const SURPRISE = 3.5
const MAX_SURPRISES = 8
const SURPRISES_A_ROUND = 2

/**
 * The game as ceiling · σ(b + Σ wⱼ zⱼ + Σ uᵢⱼ (zᵢ − c)(zⱼ − c)) · v(full), fitted with a prior to few plays, and the
 * Shapley values of what was fitted. A prior must not hide what matters most: after a fit, players whose weight the
 * plays pull away from the prior by more than chance get a wide one of their own, and the game is fitted again.
 */
export function logisticGame({ coalitions, values }: Plays, ends: Ends, prior: LogisticPrior): LogisticWorth {
  const players = prior.weights.length
  const shares = Float64Array.from([...Array.from(values), ends.full, ends.empty], (value) => value / ends.full)
  const all = [...coalitions, new Uint8Array(players).fill(1), new Uint8Array(players)]
  const surprises: number[] = []
  let heavy = Float64Array.from(prior.weights)
  for (;;) {
    const model = modelOf(prior, heavy, surprises)
    const features = all.map((coalition) => featuresOf(coalition, model.pairs))
    const fit = fitLogistic({ features, shares, exact: 2 }, model)
    const found = surprises.length < MAX_SURPRISES ? surprising(fit, model, surprises) : []
    if (found.length === 0) return worthOf({ fit, model, features, shares, ends, surprises, prior })
    surprises.push(...found)
    heavy = heavy.map((weight, j) => (surprises.includes(j) ? Math.max(weight, fit.theta[1 + j]!) : weight))
  }
}

interface Model extends LogisticModel {
  readonly players: number
  readonly pairs: readonly Pair[]
  /** Prior precision and covariance of the weights alone. */
  readonly held: Matrix
  readonly free: Matrix
}

/** @param heavy weights by which pairs are chosen */
function modelOf(prior: LogisticPrior, heavy: Float64Array, surprises: readonly number[]): Model {
  const players = heavy.length
  const free = prior.covariance.clone()
  for (const j of surprises) free.set(j, j, free.get(j, j) + prior.surprised ** 2)
  const held = symmetricInverse(free)
  const pairs = pairsOf(heavy, prior.pairs.players)
  const size = 1 + players + pairs.length
  const precision = Array.from({ length: size }, () => new Float64Array(size))
  precision[0]![0] = prior.intercept.deviation ** -2
  for (let a = 0; a < players; a++) precision[1 + a]!.set(held.getRow(a), 1)
  pairs.forEach(([first, second], i) => {
    const at = 1 + players + i
    precision[at]![at] = 1 / (prior.pairs.deviation(first, second, heavy) ** 2 + 1e-6)
  })
  const { ceiling, noise } = prior
  return { ceiling, noise, mean: meanOf(prior, size), precision, players, pairs, held, free }
}

function meanOf(prior: LogisticPrior, size: number): Float64Array {
  const mean = new Float64Array(size)
  mean[0] = prior.intercept.mean
  mean.set(prior.weights, 1)
  return mean
}

function pairsOf(weights: Float64Array, count: number): Pair[] {
  const heaviest = Array.from(weights.keys())
    .sort((a, b) => weights[b]! - weights[a]! || a - b)
    .slice(0, count)
  return heaviest.flatMap((first, i) => heaviest.slice(i + 1).map((second): Pair => [first, second]))
}

/**
 * Players whose weight is pulled off its prior mean by more than chance. With prior covariance C and posterior V the
 * pull C⁻¹(w − μ) has the covariance C⁻¹ − C⁻¹VC⁻¹ if the prior is right.
 */
function surprising(fit: LogisticFit, model: Model, known: readonly number[]): number[] {
  const { players, held, mean } = model
  const { theta } = fit
  const spread = variancesOf(fit, weightsAlone(held, theta.length))
  const found = Array.from({ length: players }, (_, j) => {
    let pull = 0
    for (let k = 0; k < players; k++) pull += held.get(j, k) * (theta[1 + k]! - mean[1 + k]!)
    const variance = Math.max(1e-9, held.get(j, j) - spread[j]!)
    return { j, z: known.includes(j) ? 0 : Math.abs(pull) / Math.sqrt(variance) }
  })
  return found
    .filter(({ z }) => z > SURPRISE)
    .sort((a, b) => b.z - a.z || a.j - b.j)
    .slice(0, SURPRISES_A_ROUND)
    .map(({ j }) => j)
}

/** Columns over all features of what is given for the players' weights. */
function weightsAlone(columns: Matrix, size: number): Float64Array[] {
  const { rows: players } = columns
  return Array.from({ length: size }, (_, f) =>
    f > 0 && f <= players ? Float64Array.from(columns.getRow(f - 1)) : new Float64Array(players),
  )
}

interface Fitted {
  readonly fit: LogisticFit
  readonly model: Model
  readonly features: readonly Float64Array[]
  readonly shares: Float64Array
  readonly ends: Ends
  readonly surprises: readonly number[]
  readonly prior: LogisticPrior
}

function worthOf({ fit, model, features, shares, ends, surprises, prior }: Fitted): LogisticWorth {
  const { players, free } = model
  const unit = model.ceiling * ends.full
  const range = ends.full - ends.empty
  const own = shapleyValues(fit.theta, model).map((value) => value * unit)
  const gradients = shapleyGradients(fit.theta, model)
  const posterior = variancesOf(fit, weightsAlone(Matrix.eye(players), fit.theta.length))
  const sum = own.reduce((total, value) => total + value, 0)
  const pairs = pairsOf(prior.weights, prior.pairs.players)
  const plain = meanOf(prior, 1 + players + pairs.length)
  return {
    values: closed(own, range),
    deviations: variancesOf(fit, gradients).map((variance) => unit * Math.sqrt(variance)),
    prior: closed(shapleyValues(plain, { players, pairs }), range),
    unresolved: Float64Array.from({ length: players }, (_, j) => Math.min(1, posterior[j]! / free.get(j, j))),
    surprises,
    r2: explained(fit.theta, model, features, shares),
    efficiencyGap: range === 0 ? null : Math.abs(range - sum) / Math.abs(range),
    predict: (coalition) => {
      const score = featuresOf(coalition, model.pairs).reduce((total, x, f) => total + x * fit.theta[f]!, 0)
      return unit * sigmoid(score)
    },
  }
}

function explained(
  theta: Float64Array,
  { ceiling }: Model,
  features: readonly Float64Array[],
  shares: Float64Array,
): number | null {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  let [left, all] = [0, 0]
  features.forEach((row, i) => {
    const score = row.reduce((sum, x, f) => sum + x * theta[f]!, 0)
    left += (shares[i]! - ceiling * sigmoid(score)) ** 2
    all += (shares[i]! - mean) ** 2
  })
  return all > 0 ? 1 - left / all : null
}
