import { pathToFileURL } from 'node:url'
import { type BusName, type Cluster, startCluster } from '@fanlight/cluster'
import type { DetectorRef, ImageRef, JobSpec, JobSummary } from '@fanlight/contracts'
import { describeModel } from '@fanlight/detector'
import { methodSpec } from '@fanlight/explain'
import { referenceImage } from '@fanlight/images-fs'
import { ingest } from '@fanlight/ingest'
import { consume, silentLogger } from '@fanlight/service-kit'
import { readLimits } from '@fanlight/service-kit/limits'
import { type Data, openFanlight } from 'fanlight/composition'
import { fixturePhotos } from './fixtures.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface Bench extends AsyncDisposable {
  readonly fanlight: Data
  readonly detector: DetectorRef
}

/** The whole system in this process on a new data folder, as `fanlight explain` has it. */
export async function openBench(model: string, workers = 2): Promise<Bench> {
  await using opening = new AsyncDisposableStack()
  const { path: home } = opening.use(await temporaryFolder())
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

export interface ClusterBench extends Bench {
  readonly cluster: Cluster
}

/** The whole system as processes of this machine, one session in each inference process. */
export async function openClusterBench(model: string, bus: BusName, inference: number): Promise<ClusterBench> {
  await using opening = new AsyncDisposableStack()
  const { path: home } = opening.use(await temporaryFolder())
  const detector = await describeModel(model)
  const env = { FANLIGHT_WORKERS: '1', FANLIGHT_LOG: 'warn' }
  const cluster = opening.use(await startCluster({ bus, folder: home, replicas: { inference }, env }))
  const limits = readLimits(process.env)
  const fanlight = opening.use(await openFanlight({ env: { ...cluster.env }, home, limits, logger: silentLogger }))
  const held = opening.move()
  return { fanlight, detector, cluster, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** The sum of a counter over all processes of a cluster. */
export async function counted({ services }: Cluster, counter: string): Promise<number> {
  const texts = await Promise.all(services.map(async ({ healthUrl }) => (await fetch(`${healthUrl}/metrics`)).text()))
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith(`${counter}{`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

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
  const ended = Promise.withResolvers<JobSummary>()
  await using _changes = await consume(bus, { topics: ['jobs.changed'], group: 'bench' }, async () => {
    const job = await store.getJob(project, id)
    if (job?.state === 'done') ended.resolve(job)
  })
  const start = performance.now()
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

/** A photo without detections costs one forward only: figures are over photos that have something to explain. */
export async function photosWithTargets(bench: Bench, count: number) {
  const { job } = await runJob(bench, { photos: await references(fixturePhotos(90)), forwards: 12 })
  const { rows } = await bench.fanlight.store.listItems(job.project, job.id, { limit: 1000 })
  const kept: string[] = []
  for (const { id, image } of rows) {
    const [made] = await bench.fanlight.store.listExplanations(job.project, job.id, id)
    if (image && (made?.result?.attributions.length ?? 0) > 0) kept.push(new URL(image.uri).pathname)
  }
  return references(kept.sort().slice(0, count))
}
