import { type Content, contentOf, type TensorSize, withContent } from './content.ts'
import { type Placement, photoSide } from './letterbox.ts'

/**
 * A photo's tensor under a Gaussian, content only: each pixel is the mean of the content's pixels, weighted by
 * exp(−d² / 2σ²). What lies outside weighs nothing, so that neither padding nor an assumed edge comes in.
 *
 * Each side is filtered by Deriche's sum of two damped oscillations, e^(−x²/2) ≈ Σ e^(−cx) (a cos wx + b sin wx), to
 * 0.001 of the peak, in a time that does not depend on σ (R. Deriche 1993, Recursively implementing the Gaussian and
 * its derivatives, INRIA RR-1893). As first-order recursions of complex numbers they are stable for every σ.
 * @param tensor float32 [3, height, width]
 * @param sigma in shares of the photo's longer side
 */
export function blurred(tensor: Float32Array, size: TensorSize, placement: Placement, sigma: number): Float32Array {
  const sigmaPx = sigma * photoSide(placement)
  const across = filterOf(sigmaPx * placement.scaleX, placement.width)
  const down = filterOf(sigmaPx * placement.scaleY, placement.height)
  return withContent(tensor, size, placement, (plane) => {
    const { values, width, height } = contentOf(plane, size, placement)
    const lines = new Float64Array(values.length)
    for (let y = 0; y < height; y++) filter(values, lines, { ...across, start: y * width, step: 1 })
    for (let x = 0; x < width; x++) filter(lines, values, { ...down, start: x, step: width })
    return values
  })
}

/** e^(−x²/2) for x ≥ 0, as a sum over these. */
const OSCILLATIONS = [
  { a: 1.68, b: 3.735, c: 1.783, w: 0.6318 },
  { a: -0.6803, b: -0.2598, c: 1.723, w: 1.997 },
] as const

/** A term Re (amplitude · pole^n) of the kernel, at a distance of n pixels. */
interface Term {
  readonly re: number
  readonly im: number
  readonly poleRe: number
  readonly poleIm: number
}

interface Filter {
  readonly terms: readonly [Term, Term]
  /** Weights of all pixels around each one. */
  readonly sums: Float64Array
}

interface Line extends Filter {
  readonly start: number
  readonly step: number
}

function filterOf(sigma: number, length: number): Filter {
  const [first, second] = OSCILLATIONS.map(({ a, b, c, w }): Term => {
    const damping = Math.exp(-c / sigma)
    return { re: a, im: -b, poleRe: damping * Math.cos(w / sigma), poleIm: damping * Math.sin(w / sigma) }
  }) as [Term, Term]
  const sums = new Float64Array(length)
  const plain = { terms: [first, second], sums: new Float64Array(length).fill(1), start: 0, step: 1 } as const
  filter(new Float64Array(length).fill(1), sums, plain)
  return { terms: [first, second], sums }
}

/** Weighted means along one line of `sums.length` numbers. */
function filter(from: Content['values'], to: Content['values'], { terms, sums, start, step }: Line): void {
  const [p, q] = terms
  let [pRe, pIm, qRe, qIm] = [0, 0, 0, 0]
  for (let i = 0, at = start; i < sums.length; i++, at += step) {
    const value = from[at]!
    const [pLast, qLast] = [pRe, qRe]
    pRe = value + p.poleRe * pLast - p.poleIm * pIm
    pIm = p.poleRe * pIm + p.poleIm * pLast
    qRe = value + q.poleRe * qLast - q.poleIm * qIm
    qIm = q.poleRe * qIm + q.poleIm * qLast
    to[at] = p.re * pRe - p.im * pIm + q.re * qRe - q.im * qIm
  }
  pRe = pIm = qRe = qIm = 0
  for (let i = sums.length - 1, at = start + i * step; i >= 0; i--, at -= step) {
    to[at] = (to[at]! + p.re * pRe - p.im * pIm + q.re * qRe - q.im * qIm) / sums[i]!
    // Only now the pixel itself: the way there has counted it.
    const [pNext, qNext] = [pRe + from[at]!, qRe + from[at]!]
    pRe = p.poleRe * pNext - p.poleIm * pIm
    pIm = p.poleRe * pIm + p.poleIm * pNext
    qRe = q.poleRe * qNext - q.poleIm * qIm
    qIm = q.poleRe * qIm + q.poleIm * qNext
  }
}
