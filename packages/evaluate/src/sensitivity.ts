/**
 * Sensitivity-max (Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019): the largest change
 * of a map among those of photos that hardly differ, ‖other − map‖ ÷ ‖map‖ (Euclidean).
 * @param others maps of the same shape
 * @returns ≥ 0, less is better; null for a map of zeros, or without others
 */
export function sensitivityMax(map: ArrayLike<number>, others: readonly ArrayLike<number>[]): number | null {
  const size = norm(Array.from(map))
  if (!(size > 0) || others.length === 0) return null
  return Math.max(...others.map((other) => norm(Array.from(map, (value, i) => other[i]! - value)) / size))
}

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0))
