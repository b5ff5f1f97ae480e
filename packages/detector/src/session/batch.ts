import { isFanlightError } from '@fanlight/ports'
import type { Outputs } from '../family.ts'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import { runOnGrey } from './grey.ts'
import { feed, type MaskedNetwork } from './masked-network.ts'
import { rowOf } from './rows.ts'

/** Rows of a forward, at most: beyond it a shard's last, half empty forward costs more than a larger batch gains. */
const MAX_BATCH = 64
/** Of one forward's rows of pixels. */
const MAX_BATCH_BYTES = 512 * 2 ** 20
const MAX_FORWARD_MS = 500
/** What twice the batch must gain at least. */
const WORTHWHILE = 1.1
const FORWARDS = 3
/** Of an output's largest value, between a row of a batch and the same row alone. */
const TOLERANCE = 1e-3

export interface BatchOptions {
  readonly provider: Provider
  /** Wanted rather than measured. */
  readonly batch: number | undefined
}

/**
 * How many rows a forward of this network takes on this provider: 1 on the CPU, where batching gains nothing, and
 * wherever the file fixes its batch or mixes up the rows of a batch; else what is asked for, or what is fastest when
 * measured by doubling.
 */
export async function batchOf(
  network: MaskedNetwork,
  input: ImageInput,
  { provider, batch }: BatchOptions,
): Promise<number> {
  const most = batch ?? (provider === 'cpu' ? 1 : MAX_BATCH)
  if (most === 1 || !network.hasOpenBatch || !(await keepsRowsApart(network, input))) return 1
  return batch ?? fastestBatch(network, input)
}

async function fastestBatch(network: MaskedNetwork, input: ImageInput): Promise<number> {
  let best = { batch: 1, rate: 0 }
  const rowBytes = 3 * input.width * input.height * Float32Array.BYTES_PER_ELEMENT
  for (let batch = 1; batch <= MAX_BATCH && batch * rowBytes <= MAX_BATCH_BYTES; batch *= 2) {
    const forwardMs = await fastestForwardMs(network, input, batch)
    if (forwardMs === undefined || forwardMs > MAX_FORWARD_MS) break
    const rate = batch / forwardMs
    if (rate < best.rate * WORTHWHILE) break
    best = { batch, rate }
  }
  return best.batch
}

/** @returns undefined when there is too little memory for such a batch */
async function fastestForwardMs(network: MaskedNetwork, input: ImageInput, batch: number): Promise<number | undefined> {
  let fastest = Number.POSITIVE_INFINITY
  try {
    // The first one allocates, and may compile.
    await runOnGrey(network, input, batch)
    for (let i = 0; i < FORWARDS; i++) {
      const start = performance.now()
      await runOnGrey(network, input, batch)
      fastest = Math.min(fastest, performance.now() - start)
    }
    return fastest
  } catch (error) {
    if (isFanlightError(error) && error.code === 'WORKER_MEMORY') return undefined
    throw error
  }
}

/** Some exports say that their batch is open, and bake a batch of 1 into a Reshape: then rows run into each other. */
async function keepsRowsApart(network: MaskedNetwork, input: ImageInput): Promise<boolean> {
  const alone = [copied(await runOn(network, input, [0])), copied(await runOn(network, input, [1]))]
  const together = await runOn(network, input, [0, 1]).catch((error: unknown) => {
    if (isFanlightError(error)) return undefined
    throw error
  })
  if (!together?.every(({ dims }) => dims[0] === 2)) return false
  return alone.every((outputs, at) => areClose(rowOf(together, at, 2), outputs))
}

/** Forwards of pictures that differ, by their numbers. */
function runOn(network: MaskedNetwork, { width, height }: ImageInput, pictures: readonly number[]): Promise<Outputs> {
  const [batch, size] = [pictures.length, 3 * width * height]
  const pixels = new Float32Array(batch * size)
  for (const [at, picture] of pictures.entries()) {
    for (let i = 0; i < size; i++) pixels[at * size + i] = ((i * (7 + 4 * picture)) % 97) / 97
  }
  const image = [batch, 3, height, width]
  return network.run({
    base: feed(pixels, image),
    delta: feed(new Float32Array(pixels.length), image),
    ry: feed(new Float32Array(batch * height), [batch, 1, height, 1]),
    grid: feed(new Float32Array(batch), [batch, 1, 1, 1]),
    rxt: feed(new Float32Array(batch * width), [batch, 1, 1, width]),
  })
}

const copied = (outputs: Outputs): Outputs => outputs.map((output) => ({ ...output, data: output.data.slice() }))

function areClose(some: Outputs, others: Outputs): boolean {
  return some.every(({ dims, data }, at) => {
    const other = others[at]!
    if (dims.join() !== other.dims.join()) return false
    const most = other.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    return data.every((value, i) => Math.abs(value - other.data[i]!) <= TOLERANCE * most)
  })
}
