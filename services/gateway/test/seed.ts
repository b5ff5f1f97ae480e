// A store with jobs as a real run leaves them: real photos and their true boxes, with made-up maps.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import {
  type AttributionRecord,
  type DetectorRef,
  detectorId,
  type ExplanationResult,
  explanationId,
  type ImageRef,
  itemId,
  type JobSpec,
  type MethodSpec,
  type NewItem,
  questionHash,
  sha256,
  shardRef,
  type Target,
  targetId,
} from '@fanlight/contracts'
import { doubtsOf } from '@fanlight/explain'
import { decodeNpy, encodeNpy } from '@fanlight/image/npy'
import { deltasOf } from '@fanlight/insight'
import type { ArtifactStore, ClaimedItem, Clock, Store } from '@fanlight/ports'
import { memoryStore } from '@fanlight/store-memory'

export const project = 'local'
const photosFolder = fileURLToPath(new URL('../../../../shared/fixtures/photos/', import.meta.url))

export const photosAbsent = existsSync(path.join(photosFolder, 'ground_truth.json'))
  ? false
  : 'fixtures absent: ../shared/fixtures'

/** HTML, an escape sequence, and an override that would turn the line around. */
export const hostileName = '<img src=x onerror=alert(1)>\u001b[31m\u202egpj.exe.jpg'
const hostileLabel = '<script>alert("class")</script>\u0007'

const photos = [
  '000000000785.jpg',
  '000000000285.jpg',
  '000000002153.jpg',
  '000000001296.jpg',
  '000000002473.jpg',
  '000000002592.jpg',
]

export interface Truth {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly objects: readonly { classId: number; label: string; box: [number, number, number, number] }[]
}

export const methods: readonly MethodSpec[] = [
  { name: 'drise', version: 1, params: { masks: 998, grid: 8, probability: 0.5, fill: { kind: 'mean' } } },
  { name: 'box-gaussian', version: 1, params: {} },
]

export const detector: DetectorRef = (() => {
  const descriptor: DetectorRef['descriptor'] = {
    family: 'yolox',
    familyVersion: 1,
    inputName: 'images',
    width: 416,
    height: 416,
    preprocess: {
      channels: 'BGR',
      mean: [0, 0, 0],
      std: [1, 1, 1],
      resize: 'letterbox-top-left',
      pad: [114, 114, 114],
    },
    classNames: Array.from({ length: 80 }, (_, at) => `class ${at}`),
    strides: [8, 16, 32],
    anchors: [],
    nmsIou: 0.45,
  }
  const file = sha256('yolox_nano')
  const uri = pathToFileURL(path.join(path.dirname(photosFolder), 'models/yolox_nano.onnx')).href
  return { id: detectorId(file, descriptor), name: 'yolox_nano.onnx', sha256: file, uri, descriptor }
})()

/** The same detector with the hash that its file has, as one that was really added: registered under its id. */
export async function registerReal(store: Store): Promise<DetectorRef> {
  const file = sha256(await readFile(fileURLToPath(detector.uri)))
  const real = { ...detector, id: detectorId(file, detector.descriptor), sha256: file, name: 'yolox_nano-as-it-is' }
  await store.putDetector(project, real)
  return real
}

export const spec: JobSpec = {
  detector,
  methods: [...methods],
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 20, objectives: ['score'] },
  seed: 7,
  lane: 'bulk',
}

export interface Seeded {
  readonly store: Store
  readonly artifacts: ArtifactStore
  /** Item ids of the job `done`, by name. */
  readonly items: ReadonlyMap<string, string>
}

/**
 * @param folder where its artifacts go
 * @returns a store with a job `done`, a `running` one in the middle of a photo, and an `empty` one without detections
 */
export async function seed(clock: Clock, folder: string): Promise<Seeded> {
  const store = memoryStore({ clock })
  const artifacts = await folderArtifacts({ folder })
  const truthOf = await truths()
  await store.renewLease('seed', 3_600_000)
  const items = await seedDone(store, artifacts, truthOf)
  await seedEmpty(store, artifacts)
  await seedRunning(store, artifacts, truthOf)
  return { store, artifacts, items }
}

export async function truths(): Promise<Map<string, Truth>> {
  const { images } = JSON.parse(await readFile(path.join(photosFolder, 'ground_truth.json'), 'utf8'))
  return new Map(images.map((truth: Truth) => [truth.file, truth]))
}

export async function refOf(file: string): Promise<ImageRef> {
  const bytes = await readFile(path.join(photosFolder, file))
  return { sha256: sha256(bytes), uri: pathToFileURL(path.join(photosFolder, file)).href, bytes: bytes.byteLength }
}

export const newItem = (job: string, name: string, image: ImageRef): NewItem => ({
  id: itemId(job, name, image.sha256),
  name,
  image,
  slice: {},
})

async function seedDone(store: Store, artifacts: ArtifactStore, truthOf: ReadonlyMap<string, Truth>) {
  const job = { project, id: 'done', name: 'photos of the harbour', spec }
  await store.createJob(job)
  const items = await Promise.all(photos.map(async (file) => newItem(job.id, `photos/${file}`, await refOf(file))))
  items.push(newItem(job.id, hostileName, await refOf('chelsea.jpg').catch(() => refOf('000000000790.jpg'))))
  items.push(newItem(job.id, 'photos/empty-street.jpg', await refOf('000000000790.jpg')))
  const failure = {
    code: 'IMAGE_UNREADABLE',
    message: 'photos/cut-off.jpg ends in the middle of its pixels: copy it again',
  }
  items.push({ id: itemId(job.id, 'photos/cut-off.jpg', undefined), name: 'photos/cut-off.jpg', failure, slice: {} })
  await store.addItems(project, job.id, items)
  await store.sealJob(project, job.id)
  const nameOf = new Map(items.map(({ id, name }) => [id, name]))
  for (const claim of await store.claimItems('seed', 100)) {
    const name = nameOf.get(claim.item)!
    const truth = truthOf.get(path.basename(name)) ?? emptyTruth
    const named =
      name === hostileName
        ? { ...truth, objects: [{ classId: 0, label: hostileLabel, box: [60, 40, 300, 260] as const }] }
        : truth
    await explain(store, artifacts, claim, named as Truth)
  }
  return new Map(items.map(({ id, name }) => [name, id]))
}

const emptyTruth: Truth = { file: '', width: 640, height: 480, objects: [] }

async function seedEmpty(store: Store, artifacts: ArtifactStore) {
  await store.createJob({ project, id: 'empty', name: 'night shots', spec: { ...spec, seed: 8 } })
  await store.addItems(project, 'empty', [newItem('empty', 'night.jpg', await refOf('000000002592.jpg'))])
  await store.sealJob(project, 'empty')
  for (const claim of await store.claimItems('seed', 100)) await explain(store, artifacts, claim, emptyTruth)
}

async function seedRunning(store: Store, artifacts: ArtifactStore, truthOf: ReadonlyMap<string, Truth>) {
  await store.createJob({ project, id: 'running', name: 'gate camera, week 46', spec: { ...spec, seed: 9 } })
  const items = await Promise.all(photos.map(async (file) => newItem('running', `week-46/${file}`, await refOf(file))))
  await store.addItems(project, 'running', items)
  const [first, second] = await store.claimItems('seed', 2)
  await explain(store, artifacts, first!, truthOf.get(photos[0]!)!)
  const explanation = { id: sha256('half done'), image: second!.image, method: methods[0]!, spec: second!.spec }
  await store.openExplanation(second!, explanation)
  await store.askQuestion({ ...halfDone, question: halfAsked, messages: () => [] })
  await answerHalf(store, 0)
}

const halfAsked = { kind: 'detect' as const, minScore: 0.3, maxDetections: 20 }
const halfDone = {
  project,
  explanation: sha256('half done'),
  ordinal: 0,
  hash: questionHash(halfAsked),
  plan: [0, 400, 800],
}

/** The running job's open photo gets one of its two shards answered. */
export async function answerHalf(store: Store, shard: 0 | 1) {
  const ref = shardRef(halfDone, shard)
  const answer = { kind: 'detect' as const, width: 640, height: 480, detections: [], found: 0 }
  await store.storeAnswer(ref, { ok: true, answer, executionClass: 'cpu' }, { forwards: 400, durationMs: 9000 })
}

/** Claims waiting photos and explains them. */
export async function explainWaiting({ store, artifacts }: Seeded, limit: number) {
  const truthOf = await truths()
  for (const claim of await store.claimItems('seed', limit)) {
    await explain(store, artifacts, claim, truthOf.get(path.basename(new URL(claim.image.uri).pathname))!)
  }
}

/** Opens and ends the explanation of a claimed item by each of its job's methods. */
export async function explain(store: Store, artifacts: ArtifactStore, claim: ClaimedItem, truth: Truth) {
  const open = claim.spec.methods.map((method) => ({
    id: explanationId({
      image: claim.image.sha256,
      detector: detector.id,
      policy: claim.spec.policy,
      method,
      seed: claim.spec.seed,
      nonce: claim.item,
    }),
    image: claim.image,
    method,
    spec: claim.spec,
  }))
  for (const explanation of open) await store.openExplanation(claim, explanation)
  for (const { id, method } of open) {
    const result = await resultOf(artifacts, claim.image, truth, method.name)
    await store.endExplanation(project, id, { ok: true, result })
    await count(store, artifacts, claim, id, method.name, result)
  }
}

/** What the aggregator does. */
async function count(
  store: Store,
  artifacts: ArtifactStore,
  claim: ClaimedItem,
  explanation: string,
  method: string,
  result: ExplanationResult,
) {
  const counted = result.attributions.map(async (record) => {
    const [height, width] = record.map.shape
    const { data } = decodeNpy(await artifacts.get(record.map.sha256))
    return { target: record.target.id, method, aggregates: deltasOf(record, { data, height, width }, result) }
  })
  await store.countTargets(project, claim.job, claim.item, explanation, await Promise.all(counted))
}

async function resultOf(
  artifacts: ArtifactStore,
  image: ImageRef,
  truth: Truth,
  method: string,
): Promise<ExplanationResult> {
  const { width, height, objects } = truth
  const [first, ...rest] = objects.slice(0, 12)
  const shape: [number, number] =
    width > height ? [Math.round((64 * height) / width), 64] : [64, Math.round((64 * width) / height)]
  const attributions = await Promise.all(
    [first, ...rest].flatMap((object, at) =>
      object ? [attributionOf(artifacts, image, truth, shape, method, object, at)] : [],
    ),
  )
  const transcript = await artifacts.put(Buffer.from(`transcript of ${image.sha256} by ${method}`))
  const targetsCut = Math.max(0, objects.length - 12)
  const executionClass = 'cpu onnxruntime-node 1.30.0 avx2 batch 1'
  return {
    width,
    height,
    attributions,
    targetsCut,
    transcript,
    executionClass,
    forwards: method === 'drise' ? 1000 : 1,
  }
}

async function attributionOf(
  artifacts: ArtifactStore,
  image: ImageRef,
  { width, height }: Truth,
  shape: [number, number],
  method: string,
  { classId, label, box }: Truth['objects'][number],
  at: number,
): Promise<AttributionRecord> {
  const score = Math.max(0.31, 0.93 - at * 0.06)
  const target: Target = {
    id: targetId(image.sha256, detector.id, box, classId, 'score'),
    box,
    class: classId,
    label,
    score,
    objective: 'score',
  }
  const asked = method === 'drise'
  const data = asked ? evidence(box, [width, height], shape, score, at) : gaussian(box, [width, height], shape)
  const map = { sha256: await artifacts.put(encodeNpy(data, shape)), shape }
  const measured = asked
    ? {
        forwards: 1000,
        fullValue: score,
        emptyValue: at === 2 ? 0.3 * score : 0.004,
        unexplainable: at === 2,
        stability: 0.95 - at * 0.09,
        priorShare: 0,
        ...(at === 1 && (await fitted(artifacts, data, shape))),
      }
    : { forwards: 0, fullValue: null, emptyValue: null, unexplainable: null, stability: null, priorShare: 1 }
  const record: AttributionRecord = { target, map, ...measured, inBoxEnergy: inBox(data, box, [width, height], shape) }
  // The third is as an older Fanlight left it.
  return at === 2 ? record : { ...record, doubts: doubtsOf(record) }
}

/** The second target's map has intervals, as of a method that fits: certain of the stronger half. */
async function fitted(artifacts: ArtifactStore, data: Float32Array, shape: [number, number]) {
  const halfWidths = new Float32Array(data.length).fill(0.5 * Math.max(...data))
  return {
    interval: { map: { sha256: await artifacts.put(encodeNpy(halfWidths, shape)), shape }, level: 0.9 },
    fit: {
      segments: 64,
      r2: 0.93,
      efficiencyGap: 0.02,
      fillAgreement: null,
      widestInterval: 0.21,
      stoppedEarly: true,
    },
  }
}

type Size = [number, number]

/** A cell's value from its centre in pixels, row by row. */
function raster([width, height]: Size, [rows, columns]: Size, value: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) =>
    value((((i % columns) + 0.5) * width) / columns, ((Math.floor(i / columns) + 0.5) * height) / rows),
  )
}

function bell(x: number, y: number, [cx, cy, sx, sy]: readonly [number, number, number, number]): number {
  return Math.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2)
}

function gaussian([x1, y1, x2, y2]: Target['box'], size: Size, shape: Size): Float32Array {
  const centre = [(x1 + x2) / 2, (y1 + y2) / 2, Math.max(1, (x2 - x1) / 2), Math.max(1, (y2 - y1) / 2)] as const
  return raster(size, shape, (x, y) => bell(x, y, centre))
}

/** Two places in the box, one beside it, and some noise for and against. */
export function evidence(
  [x1, y1, x2, y2]: Target['box'],
  size: Size,
  shape: Size,
  score: number,
  at: number,
): Float32Array {
  const [w, h] = [Math.max(4, x2 - x1), Math.max(4, y2 - y1)]
  return raster(size, shape, (x, y) => {
    const inside =
      bell(x, y, [x1 + 0.45 * w, y1 + 0.25 * h, 0.18 * w, 0.16 * h]) +
      0.7 * bell(x, y, [x1 + 0.6 * w, y1 + 0.65 * h, 0.22 * w, 0.2 * h])
    const beside = 0.35 * bell(x, y, [x1 + 1.15 * w, y1 + 0.9 * h, 0.2 * w, 0.15 * h])
    const noise =
      0.02 * Math.sin(x / 31 + at) * Math.cos(y / 23 - at) -
      0.12 * bell(x, y, [x1 - 0.2 * w, y1 + 0.4 * h, 0.2 * w, 0.3 * h])
    return 0.16 * score * (inside + beside + noise)
  })
}

function inBox(data: Float32Array, [x1, y1, x2, y2]: Target['box'], size: Size, shape: Size): number {
  const mask = raster(size, shape, (x, y) => (x >= x1 && x <= x2 && y >= y1 && y <= y2 ? 1 : 0))
  const sum = (weight: (i: number) => number) =>
    data.reduce((total, value, i) => total + Math.max(0, value) * weight(i), 0)
  return sum((i) => mask[i]!) / sum(() => 1)
}
