import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DetectorRef, ImageRef, JobSpec, JobSummary } from '@fanlight/contracts'
import { describeModel } from '@fanlight/detector'
import { methodSpec } from '@fanlight/explain'
import { referenceImage } from '@fanlight/images-fs'
import { ingest } from '@fanlight/ingest'
import { consume, silentLogger } from '@fanlight/service-kit'
import { type Data, openFanlight } from 'fanlight/composition'
import { readLimits } from '@fanlight/service-kit/limits'

export interface Bench extends AsyncDisposable {
  readonly fanlight: Data
  readonly detector: DetectorRef
}

/** The whole system in this process on a new data folder, as `fanlight explain` has it. */
export async function openBench(model: string, workers = 2): Promise<Bench> {
  await using opening = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'fanlight-bench-'))
  opening.defer(() => rm(home, { recursive: true, force: true }))
  const detector = await describeModel(model)
  const fanlight = opening.use(
    await openFanlight({ env: {}, home, workers, limits: readLimits(process.env), logger: silentLogger }),
  )
  const held = opening.move()
  return { fanlight, detector, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

export interface BenchJob {
  readonly photos: readonly { readonly name: string; readonly image: ImageRef }[]
  readonly forwards: number
  readonly maxTargets?: number
}

let jobs = 0

/** Runs a job of its own, every forward anew. @returns the summary, and the time from submission to the last stored attribution */
export async function runJob({ fanlight, detector }: Bench, { photos, forwards, maxTargets = 100 }: BenchJob) {
  const { project, store, bus } = fanlight
  jobs += 1
  const id = `bench-${jobs}`
  const spec: JobSpec = {
    detector,
    methods: [methodSpec('drise', {}, forwards)],
    policy: { kind: 'detections', minScore: 0.3, maxTargets, objectives: ['score'] },
    seed: 1,
    lane: 'bulk',
    nonce: id,
  }
  const start = performance.now()
  const ended = Promise.withResolvers<JobSummary>()
  await using _changes = await consume(bus, { topics: ['jobs.changed'], group: 'bench' }, async () => {
    const job = await store.getJob(project, id)
    if (job?.state === 'done') ended.resolve(job)
  })
  await ingest(fanlight, { project, id, name: id, spec }, photos)
  const job = await ended.promise
  return { job, durationMs: performance.now() - start }
}

export async function references(paths: readonly string[]) {
  const maxBytes = readLimits(process.env).maxImageBytes
  return Promise.all(
    paths.map(async (path) => ({ name: pathToFileURL(path).href, image: await referenceImage(path, { maxBytes }) })),
  )
}
