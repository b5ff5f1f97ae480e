// A job that measures methods: no photo is read, the numbers follow a made-up rule.
import {
  type AttributionRecord,
  type Evaluation,
  explanationId,
  type ImageRef,
  type JobSpec,
  type MethodSpec,
  MetricName,
  sha256,
  targetId,
} from '@fanlight/contracts'
import { detector, newItem, project, type Seeded, spec } from './seed.ts'

const evaluated = (name: string, params: MethodSpec['params'] = {}, more: MethodSpec['params'] = {}): MethodSpec => ({
  name: 'evaluate',
  version: 1,
  params: { ...more, method: { name, version: 1, params } },
})

/** Twelve, two of them with a parameter from a file that would turn lines around. */
const methods: readonly MethodSpec[] = [
  evaluated('drise', { masks: 148 }),
  evaluated('kernel-shap'),
  evaluated('integrated-gradients'),
  evaluated('grad-cam-plus-plus', { layer: '<script>alert(1)</script>\u202eneck' }),
  evaluated('grad-cam-plus-plus', { layer: 'a layer with a name that is very long and goes on and on and on' }),
  evaluated('layer-cam'),
  evaluated('odam'),
  evaluated('lime'),
  evaluated('drise', { masks: 148 }, { randomised: { layers: 1 } }),
  evaluated('drise', { masks: 4998 }),
  evaluated('box-gaussian'),
  evaluated('random'),
]

/** @param photos each with one to three targets */
export async function seedEvaluation({ store }: Seeded, job: string, photos: number): Promise<void> {
  const jobSpec: JobSpec = { ...spec, methods: [...methods], lane: 'live' }
  await store.createJob({ project, id: job, name: `methods for ${job}`, spec: jobSpec })
  const images = Array.from({ length: photos }, (_, i): ImageRef => {
    return { sha256: sha256(`${job} ${i}`), uri: `file:///photos/${i}.jpg`, bytes: 100 }
  })
  await store.addItems(
    project,
    job,
    images.map((image, i) => newItem(job, `photo ${String(i).padStart(4, '0')}.jpg`, image)),
  )
  await store.sealJob(project, job)
  for (const claim of await store.claimItems('seed', photos, { lane: 'live' })) {
    const at = images.findIndex((image) => image.sha256 === claim.image.sha256)
    const open = methods.map((method) => ({
      id: explanationId({ image: claim.image.sha256, detector: detector.id, policy: spec.policy, method, seed: 7 }),
      image: claim.image,
      method,
      spec: jobSpec,
    }))
    for (const explanation of open) await store.openExplanation(claim, explanation)
    for (const [nth, { id }] of open.entries()) {
      const attributions = Array.from({ length: 1 + (at % 3) }, (_, i) => recordOf(claim.image, at, i, nth))
      const about = { width: 640, height: 480, targetsCut: 0, executionClass: 'cpu', forwards: 1 }
      await store.endExplanation(project, id, { ok: true, result: { ...about, attributions, transcript: sha256(id) } })
    }
  }
}

function recordOf(image: ImageRef, photo: number, nth: number, method: number): AttributionRecord {
  const side = [60, 160, 320][(photo + nth) % 3]!
  const box: [number, number, number, number] = [nth, 0, nth + side, side]
  return {
    target: {
      id: targetId(image.sha256, detector.id, box, 0, 'score'),
      box,
      class: 0,
      label: 'person',
      score: 0.9,
      objective: 'score',
    },
    map: { sha256: sha256('a map'), shape: [48, 64] },
    forwards: method === 9 ? 5000 : 150,
    fullValue: 0.9,
    emptyValue: 0,
    unexplainable: false,
    stability: null,
    priorShare: 0,
    inBoxEnergy: 0.5,
    evaluation: evaluationOf(0.8 - 0.05 * method + 0.02 * ((photo * 7 + method * 3) % 5)),
  }
}

const oneFill: readonly MetricName[] = MetricName.options.slice(MetricName.options.indexOf('pointing-game'))

/** @param quality .2 to .9 */
const evaluationOf = (quality: number): Evaluation => ({
  fills: [
    { kind: 'constant', rgb: [114, 114, 114] },
    { kind: 'blur', sigma: 0.05 },
  ],
  metrics: MetricName.options.map((name) => ({
    name,
    values: name === 'efficiency-gap' ? [null] : oneFill.includes(name) ? [quality] : [quality, 0.9 * quality],
  })),
  curves: [0, 1].flatMap((fill) =>
    (['insertion', 'deletion', 'insertion-in-box', 'deletion-in-box'] as const).map((metric) => ({
      metric,
      fill,
      values: Array.from({ length: 17 }, (_, i) =>
        metric.startsWith('insertion') ? (i / 16) ** (1 - quality) : 1 - (i / 16) ** (1 - quality),
      ),
    })),
  ),
})
