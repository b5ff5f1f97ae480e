import { explainedVariance } from './explained-variance.ts'
import type { Coalition, Ends, Worth } from './game.ts'
import { choose, countsBySize, kernelWeights, sizeOf } from './leverage-sampling.ts'
import { WeightedRidge } from './weighted-ridge.ts'

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
   * become many, and is nothing where all were asked. @default 0
   */
  readonly ridge?: number
  /** What each coalition counts, of a sample not drawn by `leverageSample`. @default `kernelWeights` */
  readonly weights?: ArrayLike<number>
}

/**
 * KernelSHAP (Lundberg and Lee 2017): Shapley values as a weighted regression,
 *   φ = argmin Σ_S w(S) (v(S) − v(∅) − Σ_{j ∈ S} φⱼ)² with Σφ = Δ = v(N) − v(∅).
 * With φ = Δ/n + x the constraint is x ⊥ 1, and a row is z − |S|/n. What does not depend on the values is solved once,
 * for any number of games over the same coalitions. Where every coalition is there, the values are exact.
 *
 * Standard errors are the jackknife's, over pairs of complements (over coalitions, where they are not paired), of a
 * sample without replacement: there are none where every coalition was asked.
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
  const fit = new WeightedRidge({
    rows,
    weights: counted,
    penalties: new Float64Array(players).fill(ridge * pairsWeight(rows, counted, unasked)),
    silent: new Float64Array(players).fill(1),
  })
  const unexplained = (target: Float64Array): Float64Array => {
    const fitted = fit.fitted(fit.coefficients(target))
    return target.map((value, i) => value - fitted[i]!)
  }
  const unitRows = arePaired(coalitions) ? 2 : 1
  const scales = unasked.map(Math.sqrt)
  // How a sum other than Δ would show.
  const sumTrace = unexplained(shares)
  const traceSquare = product(sumTrace, sumTrace, counted)

  return (values: ArrayLike<number>, { empty, full }: Ends): KernelWorth => {
    const delta = full - empty
    const surplus = shares.map((share, i) => values[i]! - empty - share * delta)
    const residuals = unexplained(surplus)
    const sumGap = product(sumTrace, residuals, counted) / traceSquare
    return {
      values: fit.coefficients(surplus).map((deviation) => delta / players + deviation),
      errors: fit.variances(residuals, unitRows, scales).map(Math.sqrt),
      r2: explainedVariance(values, residuals, counted),
      efficiencyGap: delta === 0 ? null : Math.abs(sumGap / delta),
    }
  }
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

/** What a pair a player adds to the squares of a coefficient, on average; nothing where nothing is left to ask. */
function pairsWeight(rows: readonly Float64Array[], weights: ArrayLike<number>, unasked: Float64Array): number {
  let [squares, left] = [0, 0]
  rows.forEach((row, i) => {
    squares += weights[i]! * row.reduce((sum, value) => sum + value * value, 0)
    left += unasked[i]!
  })
  return ((2 * squares) / rows.length) * (left / rows.length)
}

const arePaired = (coalitions: readonly Coalition[]): boolean =>
  coalitions.length % 2 === 0 &&
  coalitions.every((coalition, i) => i % 2 === 0 || coalitions[i - 1]!.every((taking, j) => taking !== coalition[j]))

function product(a: ArrayLike<number>, b: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += weights[i]! * a[i]! * b[i]!
  return sum
}
