import { explainedVariance } from './explained-variance.ts'
import type { Coalition, Worth } from './game.ts'
import { WeightedRidge, WeightedRows } from './weighted-ridge.ts'

export interface LimeOptions {
  /** Of the kernel over the cosine distance to everybody, which is 0..1: positive. */
  readonly kernelWidth: number
  /** Penalty on the squared coefficients beside Σ w · residual², not negative; the intercept has none. */
  readonly ridge: number
}

/** A linear model of a game near its full coalition: intercept + Σ values · players. */
export interface LimeFit extends Worth {
  readonly intercept: number
  /** Share of the weighted variance of what was seen that the model explains; null where nothing varied. */
  readonly r2: number | null
}

/**
 * LIME (Ribeiro, Singh, Guestrin, KDD 2016), with kernel and penalty as Python's `lime` has them for images: weight
 * w = √exp(−d² ÷ width²) of the cosine distance d to the full coalition, then min Σ w (v − intercept − z·β)² + ridge ‖β‖².
 * What follows from the coalitions alone is worked out once, for however many games were played with them.
 *
 * Standard errors are about what the same fit says of all coalitions, whose model is as wrong as this one: they make no
 * assumption on the residuals, and what the ridge shrinks is not in them.
 * @param coalitions at least one, all of as many players
 * @returns the model of one game from its values, one a coalition
 */
export function limeOf(
  coalitions: readonly Coalition[],
  { kernelWidth, ridge }: LimeOptions,
): (values: ArrayLike<number>) => LimeFit {
  const players = coalitions[0]!.length
  const weights = Float64Array.from(coalitions, (coalition) => kernel(coalition, kernelWidth))
  const rows = coalitions.map((coalition) => Float64Array.of(1, ...coalition))
  const fit = new WeightedRidge(new WeightedRows(rows, weights), {
    penalties: [0, ...Array<number>(players).fill(ridge)],
  })
  return (values) => {
    // Less the first, so that rounding makes no pattern of a value that never moves.
    const moved = Float64Array.from(values, (value) => value - values[0]!)
    const coefficients = fit.coefficients(moved)
    const fitted = fit.fitted(coefficients)
    const residuals = moved.map((value, i) => value - fitted[i]!)
    return {
      values: coefficients.slice(1),
      errors: fit.variances(residuals).slice(1).map(Math.sqrt),
      intercept: values[0]! + coefficients[0]!,
      r2: explainedVariance(moved, residuals, weights),
    }
  }
}

/** Of k players out of n the cosine with all is √(k / n); nobody is as far from all as can be, 1. */
function kernel(coalition: Coalition, width: number): number {
  const taking = coalition.reduce((sum, player) => sum + player, 0)
  const distance = 1 - Math.sqrt(taking / coalition.length)
  return Math.exp(-(distance ** 2) / width ** 2 / 2)
}
