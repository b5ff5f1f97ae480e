import { memoryBus } from '@fanlight/bus-memory'
import { manualClock } from '@fanlight/conformance'
import { CONTRACT_VERSION, type JobSource, type JobSpec, sha256 } from '@fanlight/contracts'
import { type ListedPhoto, type PhotoSource, systemClock } from '@fanlight/ports'
import { messageOf, silentLogger } from '@fanlight/service-kit'
import { memoryStore } from '@fanlight/store-memory'
import { type SourceOptions, startSources } from '../src/index.ts'

export const project = 'local'
export const uri = 's3://bucket/photos/'

const detector: JobSpec['detector'] = {
  id: sha256('id'),
  name: 'yolo',
  sha256: sha256('onnx'),
  uri: '/yolo.onnx',
  descriptor: {
    family: 'yolox',
    familyVersion: 1,
    inputName: 'images',
    width: 416,
    height: 416,
    preprocess: { channels: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
    classNames: ['person'],
    strides: [],
    anchors: [],
    nmsIou: 0.5,
  },
}

export const spec: JobSpec = {
  detector,
  methods: [{ name: 'box-gaussian', version: 1, params: {} }],
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 10, objectives: ['score'] },
  seed: 7,
  lane: 'bulk',
}

export const photo = (name: string): ListedPhoto => ({
  name,
  cursor: name,
  image: { sha256: sha256(name), uri: `s3://bucket/${name}`, bytes: 1 },
})

/** A source of photos in ascending order; `before` each is given out its say: wait there, or throw. */
export function handMade(names: readonly string[], before: (name: string) => Promise<void> | void = () => {}) {
  const listings: (string | undefined)[] = []
  const given: string[] = []
  const photos: PhotoSource = {
    async *list(_, { after }) {
      listings.push(after)
      for (const name of names) {
        if (after !== undefined && name <= after) continue
        await before(name)
        given.push(name)
        yield photo(name)
      }
    },
  }
  return { ...photos, listings, given }
}

/** A store in memory, and as many processes that list as are started, each on a bus of its own. */
export function openStage() {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const stack = new AsyncDisposableStack()
  return {
    clock,
    store,
    createJob: (source: JobSource = { uri }) => store.createJob({ project, id: 'job', name: 'job', spec, source }),

    /** @returns rings for the job; under another key, a message waits for no other */
    async start(photos: PhotoSource, options: SourceOptions = {}) {
      const bus = stack.use(memoryBus({ retryDelayMs: 5 }))
      stack.use(await startSources({ store, bus, photos, clock, logger: silentLogger }, { tickMs: 1e9, ...options }))
      return (key = 'job') => {
        const body = { version: CONTRACT_VERSION, project, job: 'job' }
        return bus.publish([messageOf('sources.ready', key, body, key)])
      }
    },

    async names(): Promise<string[]> {
      return (await store.listItems(project, 'job', { limit: 999 })).rows.map(({ name }) => name)
    },
    read: async () => (await store.readSource(project, 'job'))!,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Waits for a condition; the test runner's own limit ends what never comes. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await systemClock.sleep(2)
}

/** What a source waits for, until it is opened. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { wait: promise, open: resolve }
}
