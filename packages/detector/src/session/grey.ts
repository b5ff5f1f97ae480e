import type { Outputs } from '../family.ts'
import type { ImageInput } from '../signature-reading.ts'
import { feed, type MaskedNetwork } from './masked-network.ts'

/** One forward on nothing: the first one allocates, and finds out whether the network runs at all. */
export function runOnGrey(network: MaskedNetwork, { width, height }: ImageInput, batch = 1): Promise<Outputs> {
  const image = [1, 3, height, width]
  return network.run({
    base: feed(new Float32Array(3 * height * width).fill(0.5), image),
    delta: feed(new Float32Array(3 * height * width), image),
    ry: feed(new Float32Array(batch * height), [batch, 1, height, 1]),
    grid: feed(new Float32Array(batch), [batch, 1, 1, 1]),
    rxt: feed(new Float32Array(batch * width), [batch, 1, 1, width]),
  })
}
