import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startCluster } from '@fanlight/cluster'
import { type AttributionRecord, itemId, type JobSpec } from '@fanlight/contracts'
import { describeModel, requireProvider } from '@fanlight/detector'
import { correlation } from '@fanlight/evaluate'
import { methodSpec } from '@fanlight/explain'
import { decodeNpy } from '@fanlight/image'
import { sendOutbox } from '@fanlight/service-kit'
import { passableFolder } from '../faults/folder.ts'
import { missingForCluster } from '../faults/peers.ts'
import { openPorts, type Ports } from '../faults/ports.ts'

// packages/detector/test/webgpu.test.ts compares single answers; here it is the service that computes.

const fixtures = new URL('../../../shared/fixtures/', import.meta.url)
const fixture = (path: string) => fileURLToPath(new URL(path, fixtures))
const project = 'local'
// A software driver compiles for the CPU what a GPU's driver would: minutes, on a machine that is busy.
const PATIENT_MS = 300_000

const missing = (await missingForCluster('nats')) ?? (await missingProvider())

/** REQUIRE_PEERS makes it a failure. */
async function missingProvider(): Promise<string | undefined> {
  try {
    await requireProvider('webgpu', { loadTimeoutMs: PATIENT_MS })
    return undefined
  } catch (error) {
    if ((process.env.REQUIRE_PEERS ?? '').split(',').includes('webgpu')) throw error
    return String(error)
  }
}

test('the inference service explains on WebGPU what it explains on the CPU', {
  skip: missing ?? false,
  timeout: 2 * PATIENT_MS,
}, async (t) => {
  const folder = await passableFolder()
  t.after(() => rm(folder, { recursive: true, force: true }))
  const replicas = { ingest: 0, gateway: 0 }
  const env = {
    FANLIGHT_PROVIDER: 'webgpu',
    FANLIGHT_WORKERS: '1',
    FANLIGHT_LOAD_TIMEOUT_MS: String(PATIENT_MS),
    FANLIGHT_SHARD_TIMEOUT_MS: String(PATIENT_MS),
  }
  await using cluster = await startCluster({ bus: 'nats', folder, replicas, env })
  await using ports = await openPorts(cluster)
  const work = await prepare(ports)

  const there = await explained(ports, work, 'webgpu', t.signal)
  const inference = cluster.services.find(({ name }) => name === 'inference')
  await inference!.restart({ FANLIGHT_PROVIDER: 'cpu' })
  const here = await explained(ports, work, 'cpu', t.signal)

  assert.match(there.executionClass, /^webgpu;[^+]+$/)
  assert.match(here.executionClass, /^cpu;[^+]+$/)
  assert.ok(here.found.length > 0, 'the photo has no targets')
  assert.deepEqual(there.found.map(classOf), here.found.map(classOf))
  const apart = {
    pixels: most(here.found, (target, i) => worst(target.box, there.found[i]!.box)),
    scores: most(here.found, (target, i) => Math.abs(target.score - there.found[i]!.score)),
  }
  const alike = here.maps.map((map, i) => correlation(map, there.maps[i]!) ?? 0)
  t.diagnostic(`${there.executionClass}: at most ${JSON.stringify(apart)} apart; maps correlate by ${alike}`)
  assert.ok(apart.pixels < 0.01, `boxes ${apart.pixels}`)
  assert.ok(apart.scores < 1e-4, `scores ${apart.scores}`)
  assert.ok(Math.min(...alike) > 0.999, `maps correlate by ${alike}`)
})

interface Work {
  readonly spec: JobSpec
  readonly image: { readonly sha256: string; readonly uri: string; readonly bytes: number }
}

async function prepare({ artifacts, store }: Ports): Promise<Work> {
  const path = fixture('models/light_person_192.onnx')
  const model = await describeModel(path)
  const detector = { ...model, uri: `artifact:${await artifacts.put(await readFile(path))}` }
  await store.putDetector(project, detector)
  const photo = await readFile(fixture('photos/000000001296.jpg'))
  const id = await artifacts.put(photo)
  const spec: JobSpec = {
    detector,
    methods: [methodSpec('drise', { masks: 60, grid: 4 })],
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 3, objectives: ['score'] },
    seed: 7,
    lane: 'bulk',
  }
  return { spec, image: { sha256: id, uri: `artifact:${id}`, bytes: photo.byteLength } }
}

/** The nonce, which is no part of the masks' seed, sees to it that nothing stored is used. */
async function explained(ports: Ports, { spec, image }: Work, nonce: string, signal: AbortSignal) {
  const { store, artifacts } = ports
  const item = itemId(nonce, 'photo', image.sha256)
  await sendOutbox(ports, await store.createJob({ project, id: nonce, name: nonce, spec: { ...spec, nonce } }))
  await sendOutbox(ports, await store.addItems(project, nonce, [{ id: item, name: 'photo', image, slice: {} }]))
  await sendOutbox(ports, await store.sealJob(project, nonce))
  while ((await store.getJob(project, nonce))?.state !== 'done') await sleep(200, undefined, { signal })
  const [made] = await store.listExplanations(project, nonce, item)
  assert.ok(made?.result, JSON.stringify(made?.failure))
  const { executionClass, attributions } = made.result
  const maps = await Promise.all(attributions.map(async ({ map }) => decodeNpy(await artifacts.get(map.sha256)).data))
  return { executionClass, found: attributions.map(({ target }) => target), maps }
}

type Target = AttributionRecord['target']
const classOf = ({ class: id }: Target) => id
const most = (targets: readonly Target[], of: (target: Target, at: number) => number) => Math.max(...targets.map(of))
const worst = (some: readonly number[], others: readonly number[]) =>
  Math.max(...some.map((value, i) => Math.abs(value - others[i]!)))
