import { startAggregator } from '@fanlight/aggregator'
import type { JobSpec } from '@fanlight/contracts'
import { sha256 } from '@fanlight/contracts'
import { explainerFor, methodSpec } from '@fanlight/explain'
import { startExplainer } from '@fanlight/explainer'
import { startInference } from '@fanlight/inference'
import { ingest } from '@fanlight/ingest'
import type { ArtifactStore, Clock, Store } from '@fanlight/ports'
import { sendOutbox, silentLogger } from '@fanlight/service-kit'
import { memoryStore } from '@fanlight/store-memory'
import { closedFormDetector } from '../closed-form-detector.ts'
import { AnswerLog } from './answer-log.ts'
import { memoryArtifacts } from './memory-artifacts.ts'
import { type Outcome, observe } from './outcome.ts'
import { SimBus } from './sim-bus.ts'
import { type PhotoKind, type SimPhoto, simModel } from './sim-model.ts'
import { type Faults, type SimProcess, START_MS, World } from './world.ts'

/** @param step resolves at a later event: where a mistake is more than one transaction, others come in between */
export type Plant = (store: Store, step: () => Promise<void>) => Store

export interface HistoryOptions {
  readonly seed: number
  readonly faults: Faults
  /** See SimModelOptions. */
  readonly noise: number
  /** Puts a faulty store between the services and the real one: what the simulation must catch. */
  readonly plant?: Plant
  readonly crashAt?: number
  /** @default the store in memory, which passes the same kit */
  readonly openStore?: (clock: Clock) => Promise<Store>
  /** One a history, where a store outlives them. */
  readonly project?: string
  /** Of the second job. @default D-RISE */
  readonly methods?: JobSpec['methods']
}

export const NO_FAULTS: Faults = { crashes: 0, duplicates: 0, drops: 0, delays: 0, errors: 0 }
export const ALL_FAULTS: Faults = { crashes: 4, duplicates: 6, drops: 3, delays: 6, errors: 5 }

const MAX_EVENTS = 60_000
const EVENTS_AFTER_THE_END = 400

const spec = (lane: 'live' | 'bulk', methods: JobSpec['methods']): JobSpec => ({
  detector: closedFormDetector,
  methods,
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 10, objectives: ['score'] },
  seed: 7,
  lane,
})

/** Two jobs that share photos, one of which no picture is in, one that cannot be read, and one that kills its worker. */
const photos = new Map<string, SimPhoto>(
  (['plain', 'plain', 'empty', 'unreadable', 'killer'] as PhotoKind[]).map((kind, i) => [
    sha256(`photo ${i}`),
    { kind, phase: i },
  ]),
)

/** A photo that comes twice has two names. */
const found = (indices: readonly number[]) =>
  indices.map((i, at) => ({
    name: indices.indexOf(i) === at ? `${i}.jpg` : `${i}-again.jpg`,
    image: { sha256: [...photos.keys()][i]!, uri: `file:///${i}.jpg`, bytes: 1 },
  }))

const drise = methodSpec('drise', { masks: 10, grid: 4 })
const jobs: Readonly<Record<string, { spec: JobSpec; photos: readonly number[] }>> = {
  first: { spec: spec('bulk', [drise, methodSpec('box-gaussian', {})]), photos: [0, 1, 2, 3, 0] },
  second: { spec: spec('live', [drise]), photos: [1, 4, 0] },
}

const EXPLAINER_OPTIONS = {
  maxOpenItems: 2,
  leaseMs: 4_000,
  stalledMs: 10_000,
  resendMs: 3_000,
  tickMs: 1_500,
  targetShardMs: 400,
}

interface Parts {
  readonly project: string
  readonly world: World
  readonly bus: SimBus
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly answered: Map<string, number>
  readonly noise: number
  readonly methods: JobSpec['methods'] | undefined
  /** In every other history the operator pauses a job for a while. */
  readonly isPaused: boolean
}

/** One seeded history of the whole system: two jobs, two processes of each service, and whatever goes wrong. */
export async function runHistory(options: HistoryOptions): Promise<Outcome> {
  const world = new World(options.seed, { ...options.faults })
  world.crashAt = options.crashAt
  world.waitsForCalls = options.openStore !== undefined
  const log = new AnswerLog()
  const step = () => new Promise<void>((resolve) => world.schedule(undefined, 'step', resolve))
  const opened = await (options.openStore?.(world.clock) ?? memoryStore({ clock: world.clock }))
  const base = log.watch(opened)
  const store = options.plant?.(base, step) ?? base
  const artifacts = memoryArtifacts()
  const isPaused = world.random() < 0.5
  const project = options.project ?? 'local'
  const parts: Parts = {
    world,
    bus: new SimBus(world),
    store,
    artifacts,
    answered: new Map(),
    noise: options.noise,
    methods: options.methods,
    isPaused,
    project,
  }
  keepRunning(parts)
  const finished = await world.run(() => isOver(store, project), MAX_EVENTS)
  const endedAtMs = world.clock.now() - START_MS
  // Late duplicates must not move anything any more.
  await world.run(async () => false, EVENTS_AFTER_THE_END)
  return observe({ store, artifacts, log, endedAtMs, project, jobs: Object.keys(jobs), trace: world.trace, finished })
}

type Role = (parts: Parts, process: SimProcess) => Promise<unknown>

const roles: Readonly<Record<string, Role>> = {
  'ingest-1': submit,
  'operator-1': operate,
  'explainer-1': explainer,
  'explainer-2': explainer,
  'inference-1': inference,
  'inference-2': inference,
  'aggregator-1': aggregator,
  'aggregator-2': aggregator,
}

/** Every process that dies is started again, a while later, as another one. */
function keepRunning(parts: Parts): void {
  const { world } = parts
  const start = (name: string) => {
    const process = world.spawn(name)
    roles[name]!(parts, process).catch((error) => world.crash(process, error))
  }
  world.onCrash = ({ name }) => world.schedule(undefined, `start ${name}`, () => start(name), 100 + world.below(6_000))
  for (const name of Object.keys(roles)) start(name)
}

async function submit({ world, bus, store, project, methods }: Parts, process: SimProcess): Promise<void> {
  const ports = { bus: bus.portFor(process), store: portTo(world, process, store) }
  for (const [id, { spec, photos }] of Object.entries(jobs)) {
    const asked = id === 'second' && methods ? { ...spec, methods } : spec
    await ingest(ports, { project, id, name: id, spec: asked }, found(photos), { batchSize: 2 })
  }
}

/** Somebody pauses the first job and resumes it later, at times that only the seed knows. */
async function operate({ world, bus, store, isPaused, project }: Parts, process: SimProcess): Promise<void> {
  if (!isPaused) return
  const ports = { bus: bus.portFor(process), store: portTo(world, process, store) }
  const clock = world.clockOf(process)
  for (const change of ['pause', 'resume'] as const) {
    await clock.sleep(world.below(6_000))
    await sendOutbox(ports, await ports.store.changeJob(project, 'first', change))
  }
}

function explainer({ world, bus, store, artifacts }: Parts, process: SimProcess) {
  const owner = `${process.name}@${world.trace.length}`
  const ports = {
    bus: bus.portFor(process),
    store: portTo(world, process, store),
    artifacts: portTo(world, process, artifacts),
    clock: world.clockOf(process),
    logger: silentLogger,
    explainerFor,
  }
  return startExplainer(ports, { ...EXPLAINER_OPTIONS, owner })
}

function inference({ world, bus, store, answered, noise }: Parts, process: SimProcess) {
  const model = simModel(world, process, { photos, noise, answered })
  return startInference({
    bus: bus.portFor(process),
    store: portTo(world, process, store),
    model,
    logger: silentLogger,
  })
}

function aggregator({ world, bus, store, artifacts }: Parts, process: SimProcess) {
  const ports = { store: portTo(world, process, store), artifacts: portTo(world, process, artifacts) }
  return startAggregator({ bus: bus.portFor(process), ...ports })
}

/** The same port, each of its calls over a border that may be crossed late, or never. */
function portTo<T extends object>(world: World, process: SimProcess, port: T): T {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function' || typeof name === 'symbol') return member
      return (...args: unknown[]) => world.call(process, name, () => member.apply(target, args))
    },
  })
}

async function isOver(store: Store, project: string): Promise<boolean> {
  for (const id of Object.keys(jobs)) {
    if ((await store.getJob(project, id))?.state !== 'done') return false
  }
  return (await store.uncounted(0, 1)).length === 0
}
