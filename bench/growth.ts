// A job of very many distinct tiny images through a whole cluster: time per image over its course, resident size of
// every service, size of the answers' partitions, and how long a live image takes in the midst of it.
//   npm run bench -- growth [nats|kafka] [--images 100000] [--masks 16]

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { BusName, Cluster } from '@fanlight/cluster'
import { itemId, type JobSpec, type NewItem, sha256 } from '@fanlight/contracts'
import { methodSpec } from '@fanlight/explain'
import { ObjectStorage } from '@fanlight/s3'
import { sendOutbox } from '@fanlight/service-kit'
import { Client } from 'pg'
import { Course, type Moment } from './course.ts'
import { type ClusterBench, openClusterBench } from './job.ts'
import { median, printMachine, spread } from './machine.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { tinyDetector, tinyPhoto } from './tiny-detector.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { images: { type: 'string', default: '100000' }, masks: { type: 'string', default: '16' } },
})
const bus = (positionals[0] ?? 'nats') as BusName
const [images, masks] = [Number(values.images), Number(values.masks)]
const JOB = 'growth'
const BUCKET = 'fanlight'
const POLL_MS = 10_000
const LIVE_SAMPLES = 11

printMachine(`growth: a job of ${images} distinct images of 32 × 32, ${masks} masks each, on ${bus}`)
await using folder = await temporaryFolder()
const model = join(folder.path, 'tiny.onnx')
await writeFile(model, tinyDetector())
await using bench = await openClusterBench(model, bus, 2)
await fill(bench)
await askLive(bench, -1)
const idleMs = await liveTimes(bench, 0)
const course = new Course()
const [, busyMs] = await Promise.all([run(bench, course), liveInMidJob(bench, course)])
report(course.moments)

/** Uploads the photos, and gives a job that is paused all its items: listing and uploading are not measured. */
async function fill({ cluster, fanlight: { project, store, ...ports }, detector }: ClusterBench): Promise<void> {
  const spec: JobSpec = {
    detector: { ...detector, uri: `artifact:${await ports.artifacts.put(tinyDetector())}` },
    methods: [methodSpec('drise', { masks, grid: 4 })],
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 1, objectives: ['score'] },
    seed: 1,
    lane: 'bulk',
  }
  await store.putDetector(project, spec.detector)
  await store.createJob({ project, id: JOB, name: JOB, spec })
  await store.changeJob(project, JOB, 'pause')
  using storage = storageOf(cluster)
  const BATCH = 200
  for (let from = 0; from < images; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, images - from) }, (_, i) => from + i)
    await store.addItems(project, JOB, await Promise.all(numbers.map((number) => uploaded(storage, number))))
    if ((from + BATCH) % 10_000 === 0) console.error(`${from + BATCH} photos uploaded`)
  }
  await sendOutbox({ ...ports, store }, await store.sealJob(project, JOB))
}

async function uploaded(storage: ObjectStorage, number: number): Promise<NewItem> {
  const bytes = await tinyPhoto(number)
  const [id, name] = [sha256(bytes), `${number}.png`]
  await storage.put(BUCKET, `tiny/${name}`, bytes, { sha256: id })
  const image = { sha256: id, uri: `s3://${BUCKET}/tiny/${name}`, bytes: bytes.byteLength }
  return { id: itemId(JOB, name), name, image, slice: {} }
}

function storageOf({ env }: Cluster): ObjectStorage {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = env
  const endpoint = env.AWS_ENDPOINT_URL_S3
  return new ObjectStorage({ endpoint, region: env.AWS_REGION, credentials: { accessKeyId, secretAccessKey } })
}

/** Lets the job run to its end, and looks at everything every now and then. */
async function run(
  { cluster, fanlight: { project, store, bus: broker } }: ClusterBench,
  course: Course,
): Promise<void> {
  const database = new Client({ connectionString: cluster.env.FANLIGHT_STORE_URL })
  await database.connect()
  await using _connection = { [Symbol.asyncDispose]: () => database.end() }
  await sendOutbox({ store, bus: broker }, await store.changeJob(project, JOB, 'resume'))
  for (;;) {
    const job = await store.getJob(project, JOB)
    const done = (job?.items.done ?? 0) + (job?.items.failed ?? 0)
    await course.add(done, cluster, await answersMiB(database))
    const { atMs, cpuMs, residentMiB } = course.moments.at(-1)!
    const sizes = Object.entries(residentMiB).map(([name, size]) => `${name} ${size.toFixed(0)}`)
    console.error(
      `${(atMs / 1000).toFixed(0)} s, ${done} images, CPU ${(cpuMs / 1000).toFixed(0)} s, MiB: ${sizes.join(', ')}`,
    )
    if (job?.state === 'done') {
      course.isOver = true
      if (job.items.failed > 0 || job.targets !== images) throw new Error(JSON.stringify(job))
      return
    }
    // The end is seen sooner, lest the last tenth pays for the wait.
    await sleep(done > 0.98 * images ? POLL_MS / 10 : POLL_MS)
  }
}

async function answersMiB(database: Client): Promise<number> {
  const { rows } = await database.query<{ bytes: string }>(`
    select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relname ~ '^(questions|shards)_[0-9]+$'`)
  return Number(rows[0]?.bytes) / 2 ** 20
}

async function liveInMidJob(bench: ClusterBench, course: Course): Promise<number[]> {
  await course.reaches(images / 2)
  const durations = await liveTimes(bench, LIVE_SAMPLES)
  if (course.isOver) throw new Error('the job ended before the live images did: take more images')
  return durations
}

/** How long images take that somebody waits for, one after the other. */
async function liveTimes(bench: ClusterBench, from: number): Promise<number[]> {
  const durations: number[] = []
  for (let i = 0; i < LIVE_SAMPLES; i++) durations.push(await askLive(bench, from + i))
  return durations
}

async function askLive({ cluster, detector }: ClusterBench, number: number): Promise<number> {
  const body = Uint8Array.from(await tinyPhoto(images + 1 + number))
  const query = new URLSearchParams({ detector: detector.id, forwards: '200', maxTargets: '1' })
  const start = performance.now()
  const headers = { 'content-type': 'image/png', prefer: 'wait=30' }
  const response = await fetch(`${cluster.url}/v1/explanations?${query}`, { method: 'POST', headers, body })
  const answer = (await response.json()) as { state?: string }
  if (answer.state !== 'done') throw new Error(`a live image: ${response.status} ${JSON.stringify(answer)}`)
  return performance.now() - start
}

function report(moments: readonly Moment[]): void {
  const parts = 10
  const steps = Array.from({ length: parts }, (_, part) =>
    Course.between(moments, (images * part) / parts, (images * (part + 1)) / parts),
  )
  const names = Object.keys(moments[0]!.residentMiB)
  console.log(
    `| images | ms an image | CPU ms an image | answers MiB | ${names.map((name) => `${name} MiB`).join(' | ')} |`,
  )
  console.log(`| ---: | ---: | ---: | ---: |${names.map(() => ' ---: |').join('')}`)
  for (const { done, answersMiB, residentMiB, ms, cpuMs } of steps) {
    const sizes = names.map((name) => residentMiB[name]!.toFixed(0))
    console.log(
      `| ${done} | ${ms.toFixed(2)} | ${cpuMs.toFixed(2)} | ${answersMiB.toFixed(1)} | ${sizes.join(' | ')} |`,
    )
  }
  // The first tenth warms up.
  const [start, end] = [steps[1]!, steps.at(-1)!]
  console.log(
    `the last tenth ÷ the second: time per image ${(end.ms / start.ms).toFixed(3)}, CPU time ${(end.cpuMs / start.cpuMs).toFixed(3)}`,
  )
  const grown = names.map((name) => `${name} ${(end.residentMiB[name]! / start.residentMiB[name]!).toFixed(3)}`)
  console.log(`resident size, the same: ${grown.join(', ')}`)
  console.log(
    `a live image of 200 masks: ${spread(idleMs, 0)} ms idle, ${spread(busyMs, 0)} ms in mid-job: ${(median(busyMs) / median(idleMs)).toFixed(2)} times`,
  )
}
