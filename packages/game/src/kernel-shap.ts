import { explainedVariance } from './explained-variance.ts'
import type { Coalition, Ends, Worth } from './game.ts'
import { choose, countsBySize, kernelWeights, sizeOf } from './leverage-sampling.ts'
import { ridgeLikelihood } from './ridge-likelihood.ts'
import { WeightedRidge, WeightedRows } from './weighted-ridge.ts'

/** Values of a game, and what speaks for and against them. */
export interface KernelWorth extends Worth {
  /** Weighted share of the values' variance that an additive game explains; null where there was none. */
  readonly r2: number | null
  /** |v(full) − v(empty) − Σφ| ÷ |v(full) − v(empty)| of a fit that is not told v(full); null where they are equal. */
  readonly efficiencyGap: number | null
}

interface Options {
  /**
   * Pulls all values towards an equal share, as strongly as so many pairs a player would; it fades as the coalitions
   * become many, and is nothing where all were asked. `auto`: of each game as far as it makes its values most likely,
   * which is next to nothing for an additive one. @default 0
   */
  readonly ridge?: number | 'auto'
  /** What each coalition counts, of a sample not drawn by `leverageSample`. @default `kernelWeights` */
  readonly weights?: ArrayLike<number>
}

/**
 * KernelSHAP (Lundberg and Lee 2017): Shapley values as a weighted regression,
 *   φ = argmin Σ_S w(S) (v(S) − v(∅) − Σ_{j ∈ S} φⱼ)² with Σφ = Δ = v(N) − v(∅).
 * With φ = Δ/n + x the constraint is x ⊥ 1, and a row is z − |S|/n. What does not depend on the values is solved once,
 * for any number of games over the same coalitions. Where every coalition is there, the values are exact.
 *
 * Standard errors are the root of two squares: the jackknife's, over pairs of complements (over coalitions, where they
 * are not paired), of a sample without replacement; and what the ridge keeps from a value. There are none where every
 * coalition was asked.
 *
 * @param coalitions of at least one and not all of the players; none where there is but one player
 * @returns what makes the values of a game of its values at the coalitions
 */
export function kernelShap(players: number, coalitions: readonly Coalition[], { ridge = 0, weights }: Options = {}) {
  if (coalitions.length === 0) return (_: ArrayLike<number>, ends: Ends) => equalShares(players, ends)
  const counted = weights ?? kernelWeights(players, coalitions)
  const shares = Float64Array.from(coalitions, (coalition) => sizeOf(coalition) / players)
  const rows = coalitions.map((coalition, i) => Float64Array.from(coalition, (taking) => taking - shares[i]!))
  const unasked = unaskedShares(players, coalitions)
  const scales = unasked.map(Math.sqrt)
  const left = sumOf(unasked) / rows.length
  const pairs = pairsWeight(rows, counted)
  const unitRows = arePaired(coalitions) ? 2 : 1
  const likelihood = likelihoodOf(rows, counted, unitRows)
  const weighted = new WeightedRows(rows, counted)
  const fits = new Map<number, ReturnType<typeof fitOf>>()
  const fitBy = (penalty: number) => {
    const fit = fits.get(penalty) ?? fitOf(weighted, counted, shares, penalty)
    fits.set(penalty, fit)
    return fit
  }

  return (values: ArrayLike<number>, { empty, full }: Ends): KernelWorth => {
    const delta = full - empty
    const surplus = shares.map((share, i) => values[i]! - empty - share * delta)
    const likely = likelihood(surplus)
    const pull = ridge === 'auto' ? likely.ridge : ridge * pairs
    const { fit, gapIn } = fitBy(pull * left)
    const deviations = fit.coefficients(surplus)
    const residuals = unexplained(fit, surplus)
    return {
      values: deviations.map((deviation) => delta / players + deviation),
      // Most of the work, which halves of a run do without.
      get errors() {
        const kept = keptOf(fit, players)
        const lost = left === 0 ? 0 : Math.max(0, 1 - kept)
        const bias = (deviation: number) => lost * Math.max(Math.sqrt(likely.spread), Math.abs(deviation) / kept)
        const variances = fit.variances(residuals, unitRows, scales)
        return variances.map((variance, j) => Math.sqrt(variance + bias(deviations[j]!) ** 2))
      },
      r2: explainedVariance(values, residuals, counted),
      efficiencyGap: delta === 0 ? null : Math.abs(gapIn(residuals) / delta),
    }
  }
}

/** Under one ridge. */
function fitOf(rows: WeightedRows, weights: ArrayLike<number>, shares: Float64Array, penalty: number) {
  const players = rows.columns.length
  const fit = new WeightedRidge(rows, {
    penalties: new Float64Array(players).fill(penalty),
    silent: new Float64Array(players).fill(1),
  })
  // How a sum other than Δ would show.
  const sumTrace = unexplained(fit, shares)
  const traceSquare = product(sumTrace, sumTrace, weights)
  return { fit, gapIn: (residuals: Float64Array) => product(sumTrace, residuals, weights) / traceSquare }
}

/**
 * The share of a deviation from equal shares that comes through a ridge, on average over the directions; each is about
 * the same, since leverage samples favour none. So 1 − that of each is lost, of a deviation that is as large as its own
 * value says, or as those of all players are.
 */
const keptOf = ({ leverages }: WeightedRidge, players: number): number => sumOf(leverages) / (players - 1)

function unexplained(fit: WeightedRidge, target: Float64Array): Float64Array {
  const fitted = fit.fitted(fit.coefficients(target))
  return target.map((value, i) => value - fitted[i]!)
}

/** Of a pair of complements only the difference tells of its row, which is the other's, less its sign. */
function likelihoodOf(rows: readonly Float64Array[], weights: ArrayLike<number>, unitRows: number) {
  if (unitRows === 1) return ridgeLikelihood(rows, weights)
  const firsts = rows.filter((_, i) => i % 2 === 0)
  const both = firsts.map((_, u) => weights[2 * u]! + weights[2 * u + 1]!)
  const likelihood = ridgeLikelihood(firsts, both)
  return (values: Float64Array) =>
    likelihood(
      both.map((all, u) => (weights[2 * u]! * values[2 * u]! - weights[2 * u + 1]! * values[2 * u + 1]!) / all),
    )
}

function equalShares(players: number, { empty, full }: Ends): KernelWorth {
  const values = new Float64Array(players).fill((full - empty) / players)
  return { values, errors: new Float64Array(players), r2: null, efficiencyGap: full === empty ? null : 0 }
}

/** Of all coalitions of each one's size, the share that was not asked. */
function unaskedShares(players: number, coalitions: readonly Coalition[]): Float64Array {
  const counts = countsBySize(players, coalitions)
  return Float64Array.from(coalitions, (coalition) => {
    const size = sizeOf(coalition)
    return Math.max(0, 1 - counts[size]! / choose(players, size))
  })
}

/** What a pair a player adds to the squares of a coefficient, on average. */
function pairsWeight(rows: readonly Float64Array[], weights: ArrayLike<number>): number {
  const squares = rows.reduce((sum, row, i) => sum + weights[i]! * row.reduce((all, value) => all + value ** 2, 0), 0)
  return (2 * squares) / rows.length
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

const arePaired = (coalitions: readonly Coalition[]): boolean =>
  coalitions.length % 2 === 0 &&
  coalitions.every((coalition, i) => i % 2 === 0 || coalitions[i - 1]!.every((taking, j) => taking !== coalition[j]))

function product(a: ArrayLike<number>, b: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += weights[i]! * a[i]! * b[i]!
  return sum
}
