/**
 * R²: 1 − Σ w r² ÷ Σ w (y − ȳ)², with the weighted mean ȳ.
 * @param residuals what is not explained of each value
 * @param weights one a value; @default all alike
 * @returns at most 1, negative where the mean alone explains more; null for values that do not vary
 */
export function explainedVariance(
  values: ArrayLike<number>,
  residuals: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number | null {
  let [total, mean] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const weight = weights?.[i] ?? 1
    total += weight
    mean += weight * values[i]!
  }
  mean /= total
  let [unexplained, variance, largest] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const weight = weights?.[i] ?? 1
    unexplained += weight * residuals[i]! ** 2
    variance += weight * (values[i]! - mean) ** 2
    largest = Math.max(largest, Math.abs(values[i]!))
  }
  // What rounding leaves of values that are all alike is no variance.
  return variance > total * (1e-12 * largest) ** 2 ? 1 - unexplained / variance : null
}
