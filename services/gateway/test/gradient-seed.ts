// A job whose methods take gradients: real photo and boxes, made-up maps, one term that vanished.
import {
  type AttributionRecord,
  explanationId,
  type JobSpec,
  type MethodSpec,
  type Objective,
  targetId,
} from '@fanlight/contracts'
import { encodeNpy } from '@fanlight/image/npy'
import { detector, evidence, newItem, project, refOf, type Seeded, spec, type Truth, truths } from './seed.ts'

const file = '000000002473.jpg'
const objectives: readonly Objective[] = ['score', 'loss.box', 'loss.obj', 'loss.cls']
const magnitudes: Readonly<Partial<Record<Objective, number>>> = { 'loss.box': 7, 'loss.obj': 0.02, 'loss.cls': 0.08 }

const methods: readonly MethodSpec[] = ['odam', 'gradient-x-input', 'guided-backprop'].map((name) => ({
  name,
  version: 1,
  params: {},
}))

/** @returns the id of its only item */
export async function seedGradients({ store, artifacts }: Seeded): Promise<string> {
  const policy = { ...spec.policy, objectives: [...objectives] }
  const gradientSpec: JobSpec = { ...spec, methods: [...methods], policy, lane: 'live' }
  await store.createJob({ project, id: 'gradients', name: 'gradients', spec: gradientSpec })
  const image = await refOf(file)
  const item = newItem('gradients', file, image)
  await store.addItems(project, 'gradients', [item])
  await store.sealJob(project, 'gradients')
  const truth = (await truths()).get(file)!
  // Live, or the claim would take what other jobs have waiting.
  const [claim] = await store.claimItems('seed', 1, { lane: 'live' })
  const open = methods.map((method) => {
    const key = { image: image.sha256, detector: detector.id, policy, method, seed: 7, nonce: 'gradients' }
    return { id: explanationId(key), image, method, spec: gradientSpec }
  })
  for (const explanation of open) await store.openExplanation(claim!, explanation)
  for (const { id } of open) {
    const attributions = await Promise.all(
      truth.objects
        .slice(0, 2)
        .flatMap((_, at) =>
          objectives.map((objective) => attributionOf(artifacts, truth, image.sha256, at, objective)),
        ),
    )
    const transcript = await artifacts.put(Buffer.from(id))
    const { width, height } = truth
    const result = { width, height, attributions, targetsCut: 0, transcript, executionClass: 'cpu', forwards: 13 }
    await store.endExplanation(project, id, { ok: true, result })
  }
  return item.id
}

async function attributionOf(
  artifacts: Seeded['artifacts'],
  { width, height, objects }: Truth,
  image: string,
  at: number,
  objective: Objective,
): Promise<AttributionRecord> {
  const { box, classId, label } = objects[at]!
  const shape: [number, number] = [43, 64]
  const vanished = objective === 'loss.box' ? 'at-minimum' : null
  const data = vanished ? new Float32Array(43 * 64) : evidence(box, [width, height], shape, 0.9, at)
  return {
    target: {
      id: targetId(image, detector.id, box, classId, objective),
      box,
      class: classId,
      label,
      score: 0.93 - at * 0.06,
      objective,
    },
    map: { sha256: await artifacts.put(encodeNpy(data, shape)), shape },
    forwards: 4,
    fullValue: 0.9,
    emptyValue: null,
    unexplainable: null,
    stability: null,
    priorShare: 0,
    inBoxEnergy: vanished ? null : 0.7,
    gradient: {
      value: 0.9,
      emptyValue: null,
      magnitude: magnitudes[objective] ?? 0.1,
      slope: objective === 'score' ? 0.09 : null,
      vanished,
      layers: ['p3', 'p4', 'p5'],
    },
  }
}
