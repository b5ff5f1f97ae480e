import { CONTRACT_VERSION, type SourceReady } from '@fanlight/contracts'
import {
  type Clock,
  failureOf,
  type JobKey,
  type PhotoSource,
  retryOf,
  type SourceProgress,
  type Store,
} from '@fanlight/ports'
import { consume, type Logger, messageOf, sendOutbox } from '@fanlight/service-kit'
import { inBatches } from './batches.ts'
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
  /** Fewer do when the first has waited for so long: well under `idleMs`. @default 5_000 */
  readonly flushMs?: number
  /** A source whose cursor has not moved for so long has lost its lister. @default 60_000 */
  readonly idleMs?: number
  /** @default 10_000 */
  readonly tickMs?: number
}

/** Lists the sources of jobs: `sources.ready` in, items out. A listing that was cut off goes on from its cursor. */
export async function startSources(ports: SourcePorts, options: SourceOptions = {}): Promise<AsyncDisposable> {
  const { concurrency = 4, batchSize = 100, flushMs = 5_000, idleMs = 60_000, tickMs = 10_000 } = options
  const stopping = new AbortController()
  const listed = new Set<string>()
  const subscription = await consume(
    ports.bus,
    { topics: ['sources.ready'], group: 'ingest', concurrency },
    async (ready, { signal }) => {
      // A slow one is rung for again while it is listed here.
      const source = JSON.stringify([ready.project, ready.job])
      if (listed.has(source)) return
      listed.add(source)
      try {
        await listSource(ports, ready, { batchSize, flushMs, signal })
      } finally {
        listed.delete(source)
      }
    },
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
  readonly flushMs: number
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

/**
 * Each lister goes on from the store's cursor, so that all before it is stored; whoever finds the cursor where it did
 * not leave it is not the only one.
 * @returns whether every photo is there: not when the job was paused, cancelled or sealed meanwhile, or another lists it
 */
async function addPhotos(
  ports: SourcePorts,
  { project, job, progress, batchSize, flushMs, signal }: JobKey & { progress: SourceProgress } & Listing,
): Promise<boolean> {
  const { store, photos, clock } = ports
  const { uri, maxPhotos } = progress.source
  let { cursor } = progress
  let room = await roomFor(store, project, job, maxPhotos)
  if (room <= 0) return true
  const found = photos.list(uri, { after: cursor, signal })
  for await (const batch of inBatches(found, { clock, size: () => Math.min(batchSize, room), waitMs: flushMs })) {
    const now = await store.readSource(project, job)
    if (!now || now.sealed || now.cursor !== cursor) return false
    cursor = batch.at(-1)?.cursor ?? cursor
    const items = batch.map((photo) => itemOf(job, photo))
    await sendOutbox(ports, await store.addItems(project, job, items, { ...(cursor !== undefined && { cursor }) }))
    room = await roomFor(store, project, job, maxPhotos)
    if (room <= 0) return true
    if (now.state !== 'running') return false
  }
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
