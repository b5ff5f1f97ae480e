import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

/** Below this share of the greatest, an eigenvalue is rounding's. */
const SINGULAR = 1e-11

/**
 * Ridges that are tried: powers of 2, times the mean eigenvalue. The least changes no digit that is shown, and yet keeps
 * a regression with fewer rows than features from being singular, which takes long to solve.
 */
const POWERS = { least: -30, most: 5 }

/** What is most likely of coefficients drawn from N(0, τ²) and values with noise of variance σ² ÷ weight. */
export interface RidgeLikelihood {
  /** σ² ÷ τ²: the ridge whose coefficients are the most likely ones. */
  readonly ridge: number
  /** τ². */
  readonly spread: number
}

/**
 * How far coefficients of a weighted regression are to be shrunk: as far as the noise in the values has it, which is
 * told, as their spread is, by the marginal likelihood (MacKay 1992, "Bayesian interpolation")
 *   −2 ln p(y) = N ln σ² + Σₖ ln (1 + dₖ ÷ λ), σ² = Σ w y (y − ŷ_λ) ÷ N, λ = σ² ÷ τ²,
 * over the N rows and the eigenvalues dₖ of XᵀWX. Where there is no noise, λ is next to nothing.
 * @param rows at least one
 * @returns what is most likely of values, one a row
 */
export function ridgeLikelihood(
  rows: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
): (values: ArrayLike<number>) => RidgeLikelihood {
  const roots = Float64Array.from(weights, Math.sqrt)
  const { eigenvalues, directions } = spectrum(
    new Matrix(rows.map((row, i) => Float64Array.from(row, (value) => value * roots[i]!))),
  )
  const mean = eigenvalues.reduce((sum, value) => sum + value, 0) / eigenvalues.length
  const ridges = Array.from({ length: POWERS.most - POWERS.least + 1 }, (_, i) => mean * 2 ** (POWERS.least + i))

  return (values) => {
    const scaled = Float64Array.from(values, (value, i) => value * roots[i]!)
    const squares = directions.map((direction) => dot(direction, scaled) ** 2)
    const beyond = Math.max(0, dot(scaled, scaled) - squares.reduce((sum, square) => sum + square, 0))
    let best = { ridge: ridges[0]!, spread: 0 }
    let least = Number.POSITIVE_INFINITY
    for (const ridge of ridges) {
      let [left, volume] = [beyond, 0]
      eigenvalues.forEach((eigenvalue, k) => {
        left += (squares[k]! * ridge) / (eigenvalue + ridge)
        volume += Math.log1p(eigenvalue / ridge)
      })
      const noise = left / rows.length
      const surprise = rows.length * Math.log(noise) + volume
      if (surprise < least) [least, best] = [surprise, { ridge, spread: noise / ridge }]
    }
    return best
  }
}

/** Of AᵀA, those that are not 0; and where in the space of A's rows they show, each of length 1. */
function spectrum(a: Matrix): { eigenvalues: readonly number[]; directions: readonly Float64Array[] } {
  const across = a.transpose()
  // The smaller of two that have the same eigenvalues.
  const wide = a.rows < a.columns
  const decomposed = new EigenvalueDecomposition(wide ? a.mmul(across) : across.mmul(a), { assumeSymmetric: true })
  const greatest = Math.max(...decomposed.realEigenvalues)
  const vectors = decomposed.eigenvectorMatrix
  const seen = wide ? vectors : a.mmul(vectors)
  const kept = decomposed.realEigenvalues
    .map((eigenvalue, k) => ({ eigenvalue, k }))
    .filter(({ eigenvalue }) => eigenvalue > SINGULAR * greatest)
  return {
    eigenvalues: kept.map(({ eigenvalue }) => eigenvalue),
    directions: kept.map(({ eigenvalue, k }) => {
      const length = wide ? 1 : Math.sqrt(eigenvalue)
      return Float64Array.from(seen.getColumn(k), (value) => value / length)
    }),
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
