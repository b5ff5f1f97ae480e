export interface LimeOptions {
  readonly kernelWidth: number
  readonly ridge: number
}

/**
 * LIME's coefficients (Ribeiro et al. 2016), written down once more: of min Σ w (v − a − z·β)² + ridge · ‖β‖² with
 * w = √exp(−d² ÷ width²), d = 1 − cos(z, 1) = 1 − √(|z| ÷ n), by the normal equations of Gauss.
 * @returns β, one a player
 */
export function limeFit(
  coalitions: readonly Uint8Array[],
  values: readonly number[],
  { kernelWidth, ridge }: LimeOptions,
): Float64Array {
  const players = coalitions[0]!.length
  const size = players + 1
  const equations = Array.from({ length: size }, (_, j) => {
    const line = new Float64Array(size + 1)
    if (j > 0) line[j] = ridge
    return line
  })
  for (const [i, z] of coalitions.entries()) {
    const row = [1, ...z, values[i]!]
    const distance = 1 - Math.sqrt(z.reduce((sum, one) => sum + one, 0) / players)
    const weight = Math.sqrt(Math.exp(-(distance ** 2) / kernelWidth ** 2))
    for (let j = 0; j < size; j++) for (let k = 0; k <= size; k++) equations[j]![k]! += weight * row[j]! * row[k]!
  }
  return solved(equations).subarray(1)
}

/** Gauss and Jordan, with pivots. */
function solved(equations: Float64Array[]): Float64Array {
  const size = equations.length
  for (let j = 0; j < size; j++) {
    const rest = equations.slice(j)
    const pivot = j + rest.reduce((best, line, i) => (Math.abs(line[j]!) > Math.abs(rest[best]![j]!) ? i : best), 0)
    const line = equations[pivot]!
    equations[pivot] = equations[j]!
    equations[j] = line.map((value) => value / line[j]!)
    for (const [k, other] of equations.entries()) {
      const factor = other[j]!
      if (k !== j) equations[k] = other.map((value, i) => value - factor * equations[j]![i]!)
    }
  }
  return Float64Array.from(equations, (line) => line[size]!)
}
