import { float } from '../../attribute.ts'
import type { Site } from '../rule.ts'

export interface Line {
  readonly scale: number
  readonly offset: number
}

/**
 * scale · value + offset. Of pictures as a BatchNormalization of mean 0 and variance 1: onnxruntime has that, unlike Neg
 * and Sub, in the blocked layout of its convolutions, and the way out of it and back takes longer than all the rest.
 * @param like a value whose shape is known, the same as that of `value`
 */
export function affine(site: Site, value: string, like: string, { scale, offset }: Line): string {
  const [batch, channels, ...sizes] = site.shapeOf(like)
  if (batch === undefined || typeof channels !== 'number' || sizes.length !== 2)
    return site.op('Add', site.op('Mul', value, site.scalar(scale)), site.scalar(offset))
  const all = (number: number) => site.floats(new Float32Array(channels).fill(number), [channels])
  const inputs = [value, all(scale), all(offset), all(0), all(1)]
  return site.node('BatchNormalization', { inputs, attributes: { epsilon: float(0) } })[0]
}
