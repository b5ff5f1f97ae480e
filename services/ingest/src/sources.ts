import { CONTRACT_VERSION, type NewItem, type SourceReady } from '@fanlight/contracts'
import { type Clock, failureOf, type PhotoSource, retryOf, type SourceProgress, type Store } from '@fanlight/ports'
import { consume, type Logger, messageOf, sendOutbox } from '@fanlight/service-kit'
import { type IngestPorts, itemOf } from './ingest.ts'

export interface SourcePorts extends IngestPorts {
  readonly photos: PhotoSource
  readonly clock: Clock
  readonly logger: Logger
}

export interface SourceOptions {
  /** Sources that are listed at once. @default 4 */
  readonly concurrency?: number
  /** Photos that become items, and move the cursor, in one transaction. @default 100 */
  readonly batchSize?: number
  /** A source whose cursor has not moved for so long has lost its lister. @default 60_000 */
  readonly idleMs?: number
  /** @default 10_000 */
  readonly tickMs?: number
}

/** Lists the sources of jobs: `sources.ready` in, items out. A listing that was cut off goes on from its cursor. */
export async function startSources(ports: SourcePorts, options: SourceOptions = {}): Promise<AsyncDisposable> {
  const { concurrency = 4, batchSize = 100, idleMs = 60_000, tickMs = 10_000 } = options
  const stopping = new AbortController()
  const subscription = await consume(
    ports.bus,
    { topics: ['sources.ready'], group: 'ingest', concurrency },
    (ready, { signal }) => listSource(ports, ready, { batchSize, signal }),
  )
  const upkeep = ringAgain(ports, { idleMs, tickMs, signal: stopping.signal })
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await subscription[Symbol.asyncDispose]()
      await upkeep
    },
  }
}

interface Listing {
  readonly batchSize: number
  readonly signal: AbortSignal
}

async function listSource(ports: SourcePorts, { project, job }: SourceReady, listing: Listing): Promise<void> {
  const { store } = ports
  const progress = await store.readSource(project, job)
  if (!progress || progress.sealed || progress.state !== 'running') return
  ports.logger.info({ uri: progress.source.uri, cursor: progress.cursor }, 'listing')
  try {
    if (!(await addPhotos(ports, { project, job, progress, ...listing }))) return
  } catch (error) {
    if (retryOf(error) === 'later') throw error
    // No photo will ever come from there: said where the job's failures are read.
    const { uri } = progress.source
    const failed = itemOf(job, { name: uri, failure: failureOf(error, 'INPUT_NOT_FOUND') })
    await sendOutbox(ports, await store.addItems(project, job, [failed]))
  }
  await sendOutbox(ports, await store.sealJob(project, job))
}

/** @returns whether the listing came to its end: not when the job was paused or cancelled meanwhile */
async function addPhotos(
  ports: SourcePorts,
  { project, job, progress, batchSize, signal }: { project: string; job: string; progress: SourceProgress } & Listing,
): Promise<boolean> {
  const { store, photos } = ports
  const { source } = progress
  let batch: NewItem[] = []
  let cursor = progress.cursor
  let room = await roomFor(store, project, job, source.maxPhotos)
  const flush = async () => {
    if (batch.length === 0 || cursor === undefined) return
    await sendOutbox(ports, await store.addItems(project, job, batch, { cursor }))
    batch = []
  }
  if (room > 0) {
    for await (const photo of photos.list(source.uri, { after: cursor, signal })) {
      batch.push(itemOf(job, photo))
      cursor = photo.cursor
      room -= 1
      if (room <= 0) break
      if (batch.length < batchSize) continue
      await flush()
      const now = await store.readSource(project, job)
      if (now?.state !== 'running') return false
    }
  }
  await flush()
  return true
}

/** Photos that may still be taken: those of an earlier listing that was cut off count. */
async function roomFor(store: Store, project: string, job: string, maxPhotos = Number.POSITIVE_INFINITY) {
  if (maxPhotos === Number.POSITIVE_INFINITY) return maxPhotos
  const summary = await store.getJob(project, job)
  return maxPhotos - Object.values(summary?.items ?? {}).reduce((sum, count) => sum + count, 0)
}

/** Rings for sources whose lister died, or that were never heard of. */
async function ringAgain(
  { store, bus, clock, logger }: SourcePorts,
  { idleMs, tickMs, signal }: { idleMs: number; tickMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const { project, job } of await store.unfinishedSources(idleMs, 100)) {
        const body: SourceReady = { version: CONTRACT_VERSION, project, job }
        await bus.publish([messageOf('sources.ready', job, body, `${project}/${job}`)])
      }
    } catch (error) {
      logger.error({ error: String(error) }, 'could not ring for sources, will try again')
    }
    await clock.sleep(tickMs, signal)
  }
}
