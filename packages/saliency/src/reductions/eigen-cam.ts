import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { rectified } from '../channels.ts'
import type { LayerTap, Reduction } from '../reduction.ts'

// Muhammad, Yeasin 2020, Eigen-CAM: https://arxiv.org/abs/2008.00299
//
//   X = U Σ Vᵀ, X the activations [H · W, C] with each column's mean subtracted;   M = ReLU(X · V₁)
//
// V₁ is the first right singular vector. The paper does not centre, pytorch-grad-cam does, and so do we. A singular
// vector has no sign of its own: here the cells with more activation than others (its mean over the channels) are
// positive. Below zero is what is least like the main pattern, which is no evidence against anything: hence the ReLU.

/** The main pattern of the activations. Knows neither target nor gradient: the same for all detections of a photo. */
export const eigenCam: Reduction = (tap) => {
  const columns = centred(tap)
  // The decomposition does not end well with them.
  if (!columns.every((column) => column.every(Number.isFinite))) return new Float32Array(columns[0]!.length).fill(NaN)
  const projection = principalProjection(columns)
  const sign = covarianceWithMean(projection, columns) < 0 ? -1 : 1
  return rectified(projection.map((value) => sign * value))
}

/** The activations of each channel, less their mean. */
function centred({ activation, channels, height, width }: LayerTap): readonly Float64Array[] {
  const cells = height * width
  return Array.from({ length: channels }, (_, channel) => {
    const values = Float64Array.from(activation.subarray(channel * cells, (channel + 1) * cells))
    const mean = values.reduce((sum, value) => sum + value, 0) / cells
    return values.map((value) => value - mean)
  })
}

/** X · V₁ = σ₁ · U₁, by whichever of XᵀX (with V) and XXᵀ (with U) is smaller. */
function principalProjection(columns: readonly Float64Array[]): Float64Array {
  const cells = columns[0]!.length
  if (columns.length <= cells) {
    const { vector } = principal(columns)
    return combined(columns, vector)
  }
  const rows = Array.from({ length: cells }, (_, cell) => Float64Array.from(columns, (column) => column[cell]!))
  const { vector, value } = principal(rows)
  return vector.map((entry) => Math.sqrt(Math.max(0, value)) * entry)
}

/** The largest eigenvalue of the vectors' products, and its eigenvector, of length 1. */
function principal(vectors: readonly Float64Array[]): { vector: Float64Array; value: number } {
  const products = Matrix.zeros(vectors.length, vectors.length)
  for (const [i, a] of vectors.entries()) {
    for (let j = 0; j <= i; j++) {
      const product = dot(a, vectors[j]!)
      products.set(i, j, product)
      products.set(j, i, product)
    }
  }
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(products, { assumeSymmetric: true })
  const first = realEigenvalues.indexOf(Math.max(...realEigenvalues))
  return { vector: Float64Array.from(eigenvectorMatrix.getColumn(first)), value: realEigenvalues[first]! }
}

function combined(columns: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sums = new Float64Array(columns[0]!.length)
  for (const [k, column] of columns.entries()) {
    for (let cell = 0; cell < sums.length; cell++) sums[cell]! += weights[k]! * column[cell]!
  }
  return sums
}

const covarianceWithMean = (projection: Float64Array, columns: readonly Float64Array[]) =>
  columns.reduce((sum, column) => sum + dot(projection, column), 0)

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
