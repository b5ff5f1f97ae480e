/**
 * Gini index of the cells' absolute values (Hurley & Rickard, Comparing measures of sparsity, IEEE Trans. Inf. Theory
 * 2009): 0 when all are alike, near 1 when one holds everything.
 * @returns 0..1; null for a map of zeros
 */
export function sparsity(cells: ArrayLike<number>): number | null {
  const sizes = Float64Array.from(cells, Math.abs).sort()
  const n = sizes.length
  let [total, ranked] = [0, 0]
  sizes.forEach((size, i) => {
    total += size
    ranked += size * (n - i - 0.5)
  })
  return total > 0 ? Math.max(0, 1 - (2 * ranked) / (n * total)) : null
}
