/** How far open an activation function is at an input x, 0 to 1: what share of the signal it lets through. */
export type Gate = (x: number) => number

/** σ(x) */
export const logistic: Gate = (x) => 1 / (1 + Math.exp(-x))

/** Open above zero, closed below. */
export const rectifier: Gate = (x) => (x > 0 ? 1 : 0)

/** From 0 at `low` to 1 at `high`, in a straight line. */
export const ramp =
  (low: number, high: number): Gate =>
  (x) =>
    Math.min(1, Math.max(0, (x - low) / (high - low)))

/** Of tanh, whose range is −1 to 1. */
export const hyperbolic: Gate = (x) => (Math.tanh(x) + 1) / 2

export const softsign: Gate = (x) => (x / (1 + Math.abs(x)) + 1) / 2

/** Φ(x) ≈ σ(1.702 x): Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2. */
export const gaussian: Gate = (x) => logistic(1.702 * x)

/** tanh(ln(1 + eˣ)), what Mish multiplies x with: Misra 2019, arXiv:1908.08681, equation 1. */
export const mish: Gate = (x) => Math.tanh(Math.log1p(Math.exp(Math.min(x, 30))))
