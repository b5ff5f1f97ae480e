import type { Descriptor } from '@fanlight/contracts'

type Fed = Pick<Descriptor, 'preprocess'>

/** A picture, RGB [3, height, width] in 0..1, as the network takes photos. */
export function tensorOf(picture: Float32Array, { preprocess }: Fed): Float32Array {
  const tensor = new Float32Array(picture.length)
  const size = picture.length / 3
  for (const [rgb, channel] of planes(preprocess)) {
    const [mean, std] = [preprocess.mean[channel]!, preprocess.std[channel]!]
    for (let i = 0; i < size; i++) tensor[channel * size + i] = (255 * picture[rgb * size + i]! - mean) / std
  }
  return tensor
}

/** ∂/∂picture of ∂/∂tensor: the way back of `tensorOf`. */
export function pictureGradient(gradient: Float32Array, { preprocess }: Fed): Float32Array {
  const made = new Float32Array(gradient.length)
  const size = gradient.length / 3
  for (const [rgb, channel] of planes(preprocess)) {
    const scale = 255 / preprocess.std[channel]!
    for (let i = 0; i < size; i++) made[rgb * size + i] = gradient[channel * size + i]! * scale
  }
  return made
}

/** Which plane of the picture is which of the tensor. */
const planes = ({ channels }: Fed['preprocess']) =>
  [0, 1, 2].map((rgb) => [rgb, channels === 'RGB' ? rgb : 2 - rgb] as const)
