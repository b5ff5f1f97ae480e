import { type Failure, type ImageRef, itemId, type JobSpec, type NewItem } from '@fanlight/contracts'
import type { Bus, Store } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'

/** A photo as it was found, or why it could not be taken. */
export interface FoundPhoto {
  readonly name: string
  readonly image?: ImageRef
  readonly failure?: Failure
  readonly slice?: Readonly<Record<string, string>>
}

export interface IngestPorts {
  readonly bus: Bus
  readonly store: Store
}

export interface NewJob {
  readonly project: string
  readonly id: string
  readonly name: string
  readonly spec: JobSpec
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
  await store.createJob(job)
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

function itemOf(job: string, { name, image, failure, slice = {} }: FoundPhoto): NewItem {
  const id = itemId(job, name, image?.sha256)
  return { id, name, slice, ...(image && { image }), ...(failure && { failure }) }
}
