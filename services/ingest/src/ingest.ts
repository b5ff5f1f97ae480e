import { itemId, type NewItem } from '@fanlight/contracts'
import { type Bus, type Clock, type FoundPhoto, type NewJob, type Store, systemClock } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { inBatches } from './batches.ts'

export interface IngestPorts {
  readonly bus: Bus
  readonly store: Store
}

export interface IngestOptions {
  /** Photos that become items in one transaction. @default 100 */
  readonly batchSize?: number
  /**
   * Fewer do when the first has waited for so long: what was uploaded for it is referred to well within the ten minutes
   * that `fanlight gc` gives. @default 10_000
   */
  readonly flushMs?: number
  /** @default the system's */
  readonly clock?: Clock
}

/**
 * Photos become items of a job; work on the first starts while the last is still being found. Safe to run again
 * over the same photos: items are told apart by name and bytes.
 */
export async function ingest(
  ports: IngestPorts,
  job: NewJob,
  photos: AsyncIterable<FoundPhoto> | Iterable<FoundPhoto>,
  { batchSize = 100, flushMs = 10_000, clock = systemClock }: IngestOptions = {},
): Promise<void> {
  const { store } = ports
  await sendOutbox(ports, await store.createJob(job))
  for await (const batch of inBatches(photos, { clock, size: () => batchSize, waitMs: flushMs })) {
    const items = batch.map((photo) => itemOf(job.id, photo))
    await sendOutbox(ports, await store.addItems(job.project, job.id, items))
  }
  await sendOutbox(ports, await store.sealJob(job.project, job.id))
}

export function itemOf(job: string, { name, image, failure, slice = {} }: FoundPhoto): NewItem {
  const id = itemId(job, name, image?.sha256)
  return { id, name, slice, ...(image && { image }), ...(failure && { failure }) }
}
