/** e^xᵢ / Σ e^x, in float64; the largest is taken off first, so that nothing overflows. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const powers = Float64Array.from(logits)
  const top = powers.reduce((most, logit) => Math.max(most, logit))
  let sum = 0
  for (let i = 0; i < powers.length; i++) {
    powers[i] = Math.exp(powers[i]! - top)
    sum += powers[i]!
  }
  return powers.map((power) => power / sum)
}
