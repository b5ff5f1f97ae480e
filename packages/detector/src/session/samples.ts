import type { Sampling } from '@fanlight/contracts'
import type { Tensor } from 'onnxruntime-node'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { feed } from './masked-network.ts'
import type { PreparedImage } from './prepared-images.ts'

/** The inputs at which a gradient is taken, [1, 3, H, W] each; the clean photo is `image.base` itself. */
export function* samplesOf(sampling: Sampling, image: PreparedImage): Generator<Tensor> {
  const photo = image.base.data as Float32Array
  const tensorOf = (data: Float32Array) => feed(data, image.base.dims)
  if (sampling.kind === 'clean') yield image.base
  else if (sampling.kind === 'path') {
    const delta = image.delta(sampling.fill).data as Float32Array
    for (let step = 0; step < sampling.count; step++) {
      const away = 1 - (step + 0.5) / sampling.count
      yield tensorOf(photo.map((value, i) => value + away * delta[i]!))
    }
  } else {
    const deviation = sampling.sigma * rangeOf(photo)
    for (let sample = 0; sample < sampling.count; sample++) {
      const next = normal(sampling.seed, sample)
      yield tensorOf(photo.map((value) => value + deviation * next()))
    }
  }
}

function rangeOf(values: Float32Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return high - low
}

/** Standard normal numbers (Box and Muller 1958); sample i of a seed is the same wherever it is drawn. */
export function normal(seed: number, sample: number): () => number {
  const generator = xoroshiro128plus(seed)
  // Far apart in the generator's sequence.
  for (let i = 0; i < sample; i++) generator.jump()
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)))
    const angle = 2 * Math.PI * uniformFloat64(generator)
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
