import { Fill, MethodSpec, MetricName, ScoreObjective, type Variant } from '@fanlight/contracts'
import {
  correlation,
  evaluationOf,
  type Findings,
  mapMetrics,
  measure,
  measureCost,
  partialCorrelation,
  sensitivityMax,
} from '@fanlight/evaluate'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { type Runnable, runMethod, type Seen } from '../rerun.ts'
import { seedFor } from '../seed.ts'
import { gaussianOver } from './box-gaussian.ts'
import type { AnyExplainer } from './index.ts'

/** How methods are found: given, since they are listed together with this one. */
interface Catalogue {
  readonly explainerFor: (spec: MethodSpec) => AnyExplainer
  readonly methodSpec: (name: string, given?: unknown, forwards?: number) => MethodSpec
  readonly methodNamed: (name: string) => AnyExplainer
}

/** Metrics for which the method is run again: by name only, since each costs that many maps more. */
const RERUNS = { 'seed-to-seed': 1, 'sensitivity-max': 3, randomisation: 3 } as const
/** Of the photo's noise, in shares of its range: five grey levels of 256. */
const NOISE_SIGMA = 0.02
/** Shares of the layers that are drawn anew, from the outputs. */
const REDRAWN = [0.25, 0.5, 1]

const GREY: Fill = { kind: 'constant', rgb: [114, 114, 114] }
const BLUR: Fill = { kind: 'blur', sigma: 0.05 }

/**
 * Measures another method's maps by asking on: their attributions are returned as they are, each with its evaluation.
 * The maps themselves are the same bits as those of the method alone.
 */
export function evaluateBy(catalogue: Catalogue): Explainer<Params> {
  const innerOf = ({ method }: Params) => catalogue.explainerFor(method)
  return {
    name: 'evaluate',
    version: 1,
    summary: 'another method’s maps, measured: insertion, deletion, fidelity and more',
    params: paramsBy(catalogue),
    objectives: ScoreObjective.options,
    /** The budget is the inner method's: what measures its maps comes on top. */
    withForwards: (params, forwards) => ({
      ...params,
      method: catalogue.methodSpec(params.method.name, params.method.params, forwards),
    }),
    cost(params) {
      const inner = innerOf(params).cost(params.method.params)
      const reruns = rerunsOf(params).reduce((sum, name) => sum + RERUNS[name] * inner, 0)
      // Under a variant the detections' values are asked anew; another seed alone asks nothing for them.
      const seen = params.randomised ? 1 : params.metrics.includes('seed-to-seed') ? -1 : 0
      return inner + reruns + seen + measureCost(params)
    },
    *explain(context, params): Generator<AskedQuestion, Explained, Answer> {
      const inner: Runnable = { explain: innerOf(params).explain, params: params.method.params, context }
      return yield* evaluated(inner, params)
    },
  }
}

type Params = z.infer<ReturnType<typeof paramsBy>>

const paramsBy = (catalogue: Catalogue) =>
  z
    .strictObject({
      /** Whose maps are measured: its name, or all that a job stores of it. */
      method: z
        .union([
          z.string().max(64),
          MethodSpec.extend({
            version: MethodSpec.shape.version.optional(),
            params: MethodSpec.shape.params.default({}),
          }),
        ])
        .default('drise')
        .transform((given) => innerSpec(catalogue, typeof given === 'string' ? { name: given, params: {} } : given)),
      /** What stands where cells are removed. @default the method's own, and one that it does not know */
      fills: z.array(Fill).min(1).max(4).optional(),
      /** Bins of insertion and deletion. */
      steps: z.int().min(2).max(256).default(64),
      /** @default all that need the method to run once only */
      metrics: z
        .union([z.literal('all'), z.array(MetricName).min(1)])
        .default([...mapMetrics, 'efficiency-gap'])
        .transform((names) => MetricName.options.filter((name) => names === 'all' || names.includes(name))),
      /** A baseline: the method asks a detector whose weights were drawn anew; its maps are measured on the true one. */
      randomised: z
        .strictObject({ layers: z.number().gt(0).max(1).default(1) })
        .nullable()
        .default(null),
    })
    .transform((params) => ({ ...params, fills: params.fills ?? fillsFor(params.method) }))

function innerSpec(
  { explainerFor, methodNamed, methodSpec }: Catalogue,
  { name, version, params }: { name: string; version?: number | undefined; params: unknown },
): MethodSpec {
  if (name === 'evaluate') throw new InputError('USAGE', 'evaluate cannot measure itself: name the method behind it')
  explainerFor({ name, version: version ?? methodNamed(name).version, params: {} })
  return methodSpec(name, params)
}

function fillsFor({ params }: MethodSpec): Fill[] {
  const known = Fill.safeParse(params.fill)
  const own = known.success ? known.data : GREY
  return [own, own.kind === 'blur' ? GREY : BLUR]
}

type Rerun = keyof typeof RERUNS

const rerunsOf = ({ metrics }: Params): readonly Rerun[] =>
  (Object.keys(RERUNS) as Rerun[]).filter((name) => metrics.includes(name))

function* evaluated(inner: Runnable, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const { context } = inner
  const seen: Seen = {}
  const base = params.randomised ? redrawn(context, params.randomised.layers) : undefined
  const explained = yield* runMethod(inner, seen, base)
  const { attributions, width, height } = explained
  if (attributions.length === 0) return explained
  const subjects = attributions.map(({ target, map }) => ({ target, map, image: { width, height } }))
  const findings = yield* measure(subjects, params, seedFor(context, 'evaluate'))
  const found = yield* rerunFindings(inner, seen, { params, explained, base })
  return {
    ...explained,
    attributions: attributions.map((made, i): Attribution => {
      const { curves, values } = findings[i]!
      const gap = [made.fit?.efficiencyGap ?? null]
      const all: Findings = { curves, values: new Map([...values, ...found[i]!, ['efficiency-gap', gap]]) }
      return { ...made, evaluation: evaluationOf(all, params) }
    }),
  }
}

/** The same for all photos: a detector that was drawn anew stays open for them. */
const redrawn = ({ seed }: ExplainContext, layers: number): Variant => ({ weights: { seed, layers } })

interface Measured {
  readonly params: Params
  readonly explained: Explained
  readonly base: Variant | undefined
}

/** What running the method again tells of each of its maps. */
function* rerunFindings(
  inner: Runnable,
  seen: Seen,
  { params, explained, base }: Measured,
): Generator<AskedQuestion, readonly Findings['values'][], Answer> {
  const { context } = inner
  const noises = [0, 1, 2].map(
    (i): Variant => ({
      noise: { seed: seedFor(context, `sensitivity-max ${i}`), sigma: NOISE_SIGMA },
    }),
  )
  const changes: Readonly<Record<Rerun, readonly { seed?: number; variant?: Variant }[]>> = {
    'seed-to-seed': [{ seed: seedFor(context, 'seed-to-seed') }],
    'sensitivity-max': noises.map((variant) => ({ variant })),
    randomisation: REDRAWN.map((layers) => ({ variant: redrawn(context, layers) })),
  }
  const found = explained.attributions.map(() => new Map<MetricName, readonly (number | null)[]>())
  for (const name of rerunsOf(params)) {
    const others: Explained[] = []
    for (const { seed = context.seed, variant } of changes[name]) {
      const changed = base || variant ? { ...base, ...variant } : undefined
      others.push(yield* runMethod({ ...inner, context: { ...context, seed } }, seen, changed))
    }
    explained.attributions.forEach((made, i) => {
      const maps = others.map(({ attributions }) => attributions[i]!.map.data)
      found[i]!.set(name, [verdicts[name](made, maps, explained)])
    })
  }
  return found
}

/** What a map and those of other runs say. */
const verdicts: Readonly<
  Record<Rerun, (made: Attribution, others: readonly Float32Array[], image: Explained) => number | null>
> = {
  'seed-to-seed': (made, others, image) => likeness(made, others[0]!, image),
  'sensitivity-max': ({ map }, others) => sensitivityMax(map.data, others),
  // The one that is most like the map: a sanity check fails by any (Adebayo et al., NeurIPS 2018).
  randomisation: (made, others, image) =>
    others
      .map((other) => likeness(made, other, image))
      .reduce((most, each) => (Math.abs(each ?? 0) > Math.abs(most ?? 0) || most === null ? each : most), null),
}

/** Correlation on cells; of a map that is partly prior, of what is left without a Gaussian over the box. */
function likeness({ map, target, priorShare }: Attribution, other: Float32Array, image: Explained): number | null {
  if (priorShare === 0) return correlation(map.data, other)
  return partialCorrelation(map.data, other, gaussianOver(target.box, image, map).data)
}
