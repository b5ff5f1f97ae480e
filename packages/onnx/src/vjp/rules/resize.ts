import { int, ints } from '../../attribute.ts'
import { float32In } from '../../tensor.ts'
import type { Rule, Site } from '../rule.ts'

// A Resize is linear and treats each axis apart: y = R_a x along axis a, and dx = R_aᵀ dy. The same node, run on an
// identity, gives R_aᵀ in whatever mode it is; onnxruntime computes that once, when it loads the network.

export const Resize: Rule = (site) => {
  const [x, , scales] = site.inputs
  if (site.text('coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize')
    throw site.unsupported('crops while it resizes', 'Crop with a Slice')
  if (site.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw site.unsupported('keeps the aspect ratio', 'Export it with the policy "stretch"')
  const [given, made] = [site.shapeOf(x!), site.shapeOf(site.outputs[0]!)]
  const axes =
    site.maybeInts('axes')?.map((axis) => (axis < 0 ? axis + given.length : axis)) ?? given.map((_, axis) => axis)
  let adjoint = site.cotangents[0]!
  // onnxruntime copies then, whatever the scales say.
  if (given.every((size, axis) => size === made[axis])) return [adjoint]
  for (const [i, axis] of axes.entries()) {
    const [size, outSize] = [given[axis], made[axis]]
    if (size === outSize && keepsAll(site, i, axis)) continue
    if (typeof size !== 'number' || typeof outSize !== 'number')
      throw site.unsupported('resizes an axis whose size is open', 'Export the network with a fixed size')
    const factor = scales ? site.op('Slice', scales, site.integers(i), site.integers(i + 1)) : undefined
    const matrix = transposedMatrix(site, { size, outSize, factor })
    adjoint = alongAxis(site, adjoint, matrix, axis, given.length)
  }
  return [adjoint]
}

/** A scale may move what it keeps the number of. One that the network computes is taken to leave batch and channels. */
function keepsAll(site: Site, i: number, axis: number): boolean {
  const scales = site.constant(site.inputs[2] ?? '')
  if (!scales) return !site.inputs[2] || axis < 2
  return float32In(scales)?.[i] === 1
}

interface AxisResize {
  readonly size: number
  readonly outSize: number
  /** A value of shape [1]; undefined where sizes are given instead. */
  readonly factor: string | undefined
}

/** R_aᵀ [size, outSize]. */
function transposedMatrix(site: Site, { size, outSize, factor }: AxisResize): string {
  const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  // Unit vectors as channels, lying along the rows: onnxruntime resizes the last two axes of four in any mode. There
  // are two equal columns in the end, so that it does not copy where only a scale says that something moves.
  const units = site.floats(identity, [1, size, size, 1])
  const [one, two] = [1, 2].map((value) => site.floats(Float32Array.of(value), [1]))
  const inputs = factor
    ? [units, '', site.node('Concat', { inputs: [one!, one!, factor, two!], attributes: { axis: int(0) } })[0]]
    : [units, '', '', site.integers(1, size, outSize, 2)]
  const resized = site.again(inputs, { without: ['axes'] })
  const column = site.op('Slice', resized, site.integers(0), site.integers(1), site.integers(3))
  return site.op('Reshape', column, site.integers(size, outSize))
}

/** matrix · value along an axis. */
function alongAxis(site: Site, value: string, matrix: string, axis: number, rank: number): string {
  if (axis === rank - 2) return site.op('MatMul', matrix, value)
  const perm = Array.from({ length: rank }, (_, i) => i)
  ;[perm[axis], perm[rank - 1]] = [rank - 1, axis]
  const swap = (name: string) =>
    axis === rank - 1 ? name : site.node('Transpose', { inputs: [name], attributes: { perm: ints(...perm) } })[0]
  const turned = site.node('Transpose', { inputs: [matrix], attributes: { perm: ints(1, 0) } })[0]
  return swap(site.op('MatMul', swap(value), turned))
}
