import { Fill, MethodSpec, MetricName, ScoreObjective } from '@fanlight/contracts'
import { evaluationOf, type Findings, mapMetrics, measure, measureCost } from '@fanlight/evaluate'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Answer, AskedQuestion, Attribution, Explained, Explainer } from '../explainer.ts'
import { type Runnable, runMethod, type Seen } from '../rerun.ts'
import { redrawn, rerunCost, rerunFindings } from '../rerun-metrics.ts'
import { seedFor } from '../seed.ts'
import type { AnyExplainer } from './index.ts'

/** How methods are found: given, since they are listed together with this one. */
interface Catalogue {
  readonly explainerFor: (spec: MethodSpec) => AnyExplainer
  readonly methodSpec: (name: string, given?: unknown, forwards?: number) => MethodSpec
  readonly methodNamed: (name: string) => AnyExplainer
}

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
    version: 2,
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
      const { metrics, randomised } = params
      // Under other weights the detections' values are asked, too.
      const first = inner + (randomised ? 1 : 0)
      return first + measureCost(params) + rerunCost(metrics, inner, randomised !== null)
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
        .union(
          [
            z.string().max(64),
            MethodSpec.extend({
              version: MethodSpec.shape.version.optional(),
              params: MethodSpec.shape.params.default({}),
            }),
          ],
          { error: 'Expected the name of a method, or an object of its name and params' },
        )
        .default('focus')
        .transform((given) => innerSpec(catalogue, typeof given === 'string' ? { name: given, params: {} } : given)),
      /** What stands where cells are removed. @default the method's own, and one that it does not know */
      fills: z.array(Fill).min(1).max(4).optional(),
      /** Bins of insertion and deletion. */
      steps: z.int().min(2).max(256).default(64),
      /** @default all but those that run the method again, which cost that many maps more */
      metrics: z
        .union([z.literal('all'), z.array(MetricName).min(1)], {
          error: `Expected all, or a list of ${MetricName.options.join(', ')}`,
        })
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

function* evaluated(inner: Runnable, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const { context } = inner
  const seen: Seen = {}
  const base = params.randomised ? redrawn(context, params.randomised.layers) : undefined
  const explained = yield* runMethod(inner, seen, base)
  const { attributions, width, height } = explained
  if (attributions.length === 0) return explained
  const subjects = attributions.map(({ target, map }) => ({ target, map, image: { width, height } }))
  const findings = yield* measure(subjects, params, seedFor(context, 'evaluate'))
  const found = yield* rerunFindings(inner, seen, { explained, base, metrics: params.metrics })
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
