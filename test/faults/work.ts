import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type DetectorRef, type ImageRef, itemId, type JobSpec, type NewItem, sha256 } from '@fanlight/contracts'
import { describeModel } from '@fanlight/detector'
import { methodSpec } from '@fanlight/explain'
import type { NewJob } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { Ports } from './ports.ts'

const FIXTURES = new URL('../../../shared/fixtures/', import.meta.url)
const MODEL = new URL('models/light_person_192.onnx', FIXTURES)
const PHOTOS = new URL('photos/', FIXTURES)
export const PROJECT = 'local'
const BUCKET = 'fanlight'

/** What is missing for this work, if anything is. */
export const missingFixtures = (): Promise<string | undefined> =>
  stat(MODEL).then(
    () => undefined,
    () => 'fixtures absent',
  )

export interface Work {
  /** The one whose photos ingest lists by itself, and the one whose items are given. Half of their photos are shared. */
  readonly jobs: readonly { readonly job: NewJob; readonly items: readonly NewItem[] }[]
  /** Artifacts that are not results. */
  readonly given: ReadonlySet<string>
}

export interface WorkOptions {
  /** Distinct ones, over both jobs. */
  readonly photos: number
  readonly masks: number
}

/** Puts photos and detector where the cluster finds them. */
export async function prepareWork(ports: Ports, { photos, masks }: WorkOptions): Promise<Work> {
  const { artifacts, storage } = ports
  const images = await smallestPhotos(photos)
  const model = await describeModel(fileURLToPath(MODEL))
  const given = new Set([await artifacts.put(await readFile(MODEL))])
  const detector: DetectorRef = { ...model, uri: `artifact:${model.sha256}` }
  await ports.store.putDetector(PROJECT, detector)
  const spec: JobSpec = {
    detector,
    methods: [methodSpec('drise', { masks, grid: 4 }), methodSpec('box-gaussian', {})],
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 3, objectives: ['score'] },
    seed: 7,
    lane: 'bulk',
  }
  const third = Math.ceil(photos / 3)
  for (const { name, bytes } of images.slice(0, 2 * third))
    await storage.put(BUCKET, `photos/${name}`, bytes, { sha256: sha256(bytes) })
  const items: NewItem[] = []
  for (const { name, bytes } of images.slice(third)) {
    const id = await artifacts.put(bytes)
    given.add(id)
    const image: ImageRef = { sha256: id, uri: `artifact:${id}`, bytes: bytes.byteLength }
    items.push({ id: itemId('given', name, id), name, image, slice: {} })
  }
  const source = { uri: `s3://${BUCKET}/photos` }
  return {
    given,
    jobs: [
      { job: { project: PROJECT, id: 'listed', name: 'listed', spec, source }, items: [] },
      { job: { project: PROJECT, id: 'given', name: 'given', spec }, items },
    ],
  }
}

/** As the gateway or the command line would. Safe to repeat, for a server may be away. */
export async function startWork(ports: Ports, { jobs }: Work): Promise<void> {
  for (const { job, items } of jobs) {
    await sendOutbox(ports, await ports.store.createJob(job))
    if (job.source) continue
    await sendOutbox(ports, await ports.store.addItems(PROJECT, job.id, items))
    await sendOutbox(ports, await ports.store.sealJob(PROJECT, job.id))
  }
}

/** As if it had never been done. */
export async function forgetWork({ store, artifacts }: Ports, { jobs, given }: Work): Promise<void> {
  for (const { job } of jobs) await store.forgetJob(PROJECT, job.id)
  const results = await Array.fromAsync(artifacts.list())
  for (const key of results) if (!given.has(key)) await artifacts.delete(key)
}

interface Truth {
  readonly images: readonly {
    readonly file: string
    readonly width: number
    readonly height: number
    readonly objects?: readonly { readonly label: string; readonly box?: readonly number[] | null }[]
  }[]
}

/** The smallest files with a person large enough to be found: a photo without targets leaves nothing to count. */
async function smallestPhotos(count: number): Promise<{ name: string; bytes: Buffer }[]> {
  const { images } = JSON.parse(await readFile(new URL('ground_truth.json', PHOTOS), 'utf8')) as Truth
  const names = images.filter(showsPerson).map(({ file }) => file)
  const photos = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(new URL(name, PHOTOS)) })))
  return photos.sort((a, b) => a.bytes.byteLength - b.bytes.byteLength || (a.name < b.name ? -1 : 1)).slice(0, count)
}

const showsPerson = ({ width, height, objects }: Truth['images'][number]): boolean =>
  (objects ?? []).some(({ label, box }) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = box ?? []
    return label === 'person' && (right - left) * (bottom - top) > 0.1 * width * height
  })
