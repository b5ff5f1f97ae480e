import { itemId, type NewItem } from '@fanlight/contracts'
import type { Bus, FoundPhoto, NewJob, Store } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'

export interface IngestPorts {
  readonly bus: Bus
  readonly store: Store
}

/**
 * Photos become items of a job; work on the first starts while the last is still being found. Safe to run again
 * over the same photos: items are told apart by name and bytes.
 */
export async function ingest(
  ports: IngestPorts,
  job: NewJob,
  photos: AsyncIterable<FoundPhoto> | Iterable<FoundPhoto>,
  { batchSize = 100 }: { batchSize?: number } = {},
): Promise<void> {
  const { store } = ports
  await sendOutbox(ports, await store.createJob(job))
  let batch: NewItem[] = []
  const flush = async () => {
    if (batch.length > 0) await sendOutbox(ports, await store.addItems(job.project, job.id, batch))
    batch = []
  }
  for await (const photo of photos) {
    batch.push(itemOf(job.id, photo))
    if (batch.length >= batchSize) await flush()
  }
  await flush()
  await sendOutbox(ports, await store.sealJob(job.project, job.id))
}

export function itemOf(job: string, { name, image, failure, slice = {} }: FoundPhoto): NewItem {
  const id = itemId(job, name, image?.sha256)
  return { id, name, slice, ...(image && { image }), ...(failure && { failure }) }
}
