import { memoryBus } from '@fanlight/bus-memory'
import { type DetectorRef, forwardsOf, type JobSpec, type MethodSpec, sha256 } from '@fanlight/contracts'
import { explainerFor, methodSpec } from '@fanlight/explain'
import { startExplainer } from '@fanlight/explainer'
import { ingest } from '@fanlight/ingest'
import { type Clock, type Model, type ModelWork, systemClock } from '@fanlight/ports'
import { silentLogger } from '@fanlight/service-kit'
import { memoryStore } from '@fanlight/store-memory'
import { closedFormAnswer, closedFormDetector } from '../closed-form-detector.ts'
import { memoryArtifacts } from '../simulation/memory-artifacts.ts'

export const PROJECT = 'local'

/** Services on a bus and a store in memory, in real time. */
export function openStage(clock: Clock = systemClock) {
  const bus = memoryBus({ retryDelayMs: 5 })
  return { bus, store: memoryStore({ clock }), artifacts: memoryArtifacts(), clock, logger: silentLogger, explainerFor }
}
export type Stage = ReturnType<typeof openStage>

/** Answers with the closed form, after `before` had its say: throw there to fail. */
export function closedFormModel(
  before: (work: ModelWork) => Promise<void> | void = () => {},
): Model & { works: ModelWork[] } {
  const works: ModelWork[] = []
  return {
    works,
    concurrency: 2,
    hasPlaceFor: () => true,
    async answer(work) {
      works.push(work)
      await before(work)
      const answer = closedFormAnswer(work.question, { isEmpty: false, phase: 0 }, 0)
      return { answer, executionClass: 'closed form', measured: { forwards: forwardsOf(work.question), durationMs: 1 } }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

export const photo = (name: string) => ({ name, image: { sha256: sha256(name), uri: `file:///${name}`, bytes: 1 } })

interface Submission {
  readonly id: string
  readonly photos: readonly string[]
  readonly lane?: 'live' | 'bulk'
  readonly methods?: MethodSpec[]
  readonly objectives?: JobSpec['policy']['objectives']
  readonly detector?: DetectorRef
}

export async function submit(stage: Stage, submission: Submission): Promise<void> {
  const { id, photos, lane = 'bulk', methods, objectives = ['score'], detector = closedFormDetector } = submission
  const spec: JobSpec = {
    detector,
    methods: methods ?? [methodSpec('drise', { masks: 40, grid: 4 })],
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 10, objectives },
    seed: 7,
    lane,
  }
  await ingest(stage, { project: PROJECT, id, name: id, spec }, photos.map(photo))
}

export const startQuickExplainer = (stage: Stage, owner: string, maxOpenItems = 4) =>
  startExplainer(stage, { owner, maxOpenItems, tickMs: 20, targetShardMs: 0.2 })

/** Waits for a condition; the test runner's own limit ends what never comes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(2)
}

export const isDone = (stage: Stage, job: string) => async () =>
  (await stage.store.getJob(PROJECT, job))?.state === 'done'
