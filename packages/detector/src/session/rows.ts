import type { Grid } from '@fanlight/contracts'
import type { Coalition } from '@fanlight/segments'
import type { Tensor } from 'onnxruntime-node'
import type { Outputs } from '../family.ts'
import { maskFeeds } from './mask-feeds.ts'
import { feed, type MaskedNetwork } from './masked-network.ts'
import type { PreparedImage } from './prepared-images.ts'

/** What one question wants of a network: a row of outputs for each of its coalitions. */
export interface Rows {
  readonly image: PreparedImage
  /** [1, 3, H, W]: fill − photo. */
  readonly delta: Tensor
  readonly grid: Grid
  readonly count: number
  coalition(index: number): Coalition
  /** @param outputs as of a forward at batch 1; valid until this returns */
  read(index: number, outputs: Outputs): void
}

/** How it went with one question's rows. */
export interface Ran {
  /** Its share of the forwards' time. */
  durationMs: number
  /** The first thing that its `read` threw; the rest of its rows were left out. */
  failure?: { readonly error: unknown }
}

interface Slot {
  readonly rows: Rows
  readonly ran: Ran
  readonly index: number
}

/**
 * Runs the rows of all questions in their order, `batch` a forward: the last rows of one photo share a forward with
 * the first of the next. A forward always has `batch` rows, the last one empty ones if need be, so that the bits of a
 * row depend neither on how many there are nor on who is beside it.
 * @throws what the forward throws, which then is everybody's
 */
export async function runRows(
  network: MaskedNetwork,
  batch: number,
  questions: readonly Rows[],
): Promise<readonly Ran[]> {
  const asked = questions.map((rows) => ({ rows, ran: { durationMs: 0 } as Ran }))
  const masksOf = maskFeeds(batch)
  const photosOf = photoFeeds(batch)
  for (const slots of batches(asked, batch)) {
    const start = performance.now()
    const masks = slots.map(({ rows, index }) => ({
      positions: rows.image.positions,
      grid: rows.grid,
      coalition: rows.coalition(index),
    }))
    const outputs = await network.run({ ...photosOf(slots), ...masksOf(masks) })
    for (const [at, slot] of slots.entries()) read(slot, batch === 1 ? outputs : rowOf(outputs, at, batch))
    const shareMs = (performance.now() - start) / slots.length
    for (const { ran } of slots) ran.durationMs += shareMs
  }
  return asked.map(({ ran }) => ran)
}

function* batches(asked: readonly Omit<Slot, 'index'>[], batch: number): Generator<readonly Slot[]> {
  let slots: Slot[] = []
  for (const { rows, ran } of asked) {
    for (let index = 0; index < rows.count && !ran.failure; index++) {
      slots.push({ rows, ran, index })
      if (slots.length < batch) continue
      yield slots
      slots = []
    }
  }
  if (slots.length > 0) yield slots
}

function read({ rows, ran, index }: Slot, outputs: Outputs): void {
  if (ran.failure) return
  try {
    rows.read(index, outputs)
  } catch (error) {
    ran.failure = { error }
  }
}

/** One photo for all rows where they share it, else one for each. */
function photoFeeds(batch: number): (slots: readonly Slot[]) => { base: Tensor; delta: Tensor } {
  const stacks: { base?: Tensor; delta?: Tensor } = {}
  return (slots) => {
    const [{ rows: first }] = slots as readonly [Slot]
    const { base } = first.image
    const isShared = slots.every(({ rows }) => rows.image.base === base && rows.delta === first.delta)
    if (isShared) return { base, delta: first.delta }
    stacks.base ??= stackOf(base, batch)
    stacks.delta ??= stackOf(base, batch)
    for (const [at, { rows }] of slots.entries()) {
      valuesOf(stacks.base).set(valuesOf(rows.image.base), at * base.size)
      valuesOf(stacks.delta).set(valuesOf(rows.delta), at * base.size)
    }
    return { base: stacks.base, delta: stacks.delta }
  }
}

const stackOf = ({ size, dims }: Tensor, batch: number): Tensor =>
  feed(new Float32Array(batch * size), [batch, ...dims.slice(1)])

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array

/** A row of a batch, as if it had been alone. */
export function rowOf(outputs: Outputs, at: number, batch: number): Outputs {
  return outputs.map(({ name, dims, data }) => {
    const size = data.length / batch
    return { name, dims: [1, ...dims.slice(1)], data: data.subarray(at * size, (at + 1) * size) }
  })
}
