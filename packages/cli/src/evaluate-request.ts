import { Fill, type MethodSpec, MetricName } from '@fanlight/contracts'
import { checkObjectives, methodSpec } from '@fanlight/explain'
import { nearestNames } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { shellWord } from './command-line.ts'
import { type AskOptions, type ExplainOptions, methodsOf, objectivesOf } from './explain-request.ts'

/** The options of `fanlight evaluate`. */
export interface EvaluateOptions
  extends Omit<AskOptions, 'model' | 'method'>,
    Pick<ExplainOptions, 'out' | 'json' | 'dryRun' | 'overlays' | 'retry' | 'workers'> {
  readonly methods: readonly string[]
  readonly metrics?: readonly string[]
  readonly fills: readonly string[]
  readonly steps?: number
  readonly baselines: boolean
  readonly quick: boolean
  readonly reference?: string
}

/** Forwards of the D-RISE that stands beside what is asked: as in its paper, or as it is mostly run. */
const DRISE_FORWARDS = { whole: 5000, quick: 1000 } as const

export const askOptionsOf = (detector: string, options: EvaluateOptions): AskOptions => ({
  ...options,
  model: detector,
  method: options.methods,
})

/**
 * The methods of the job: each that is asked for, measured, and the baselines beside them, measured likewise.
 * @throws InputError `USAGE` for what is unknown
 */
export function evaluatedSpecs(detector: string, options: EvaluateOptions): readonly MethodSpec[] {
  const ask = askOptionsOf(detector, options)
  if (options.methods.includes('evaluate'))
    throw new InputError('USAGE', 'evaluate cannot measure itself: name the methods behind it with --methods')
  const asked = methodsOf(ask)
  checkObjectives(asked, objectivesOf(ask))
  const how = {
    fills: options.fills.map(fillNamed),
    ...(options.steps !== undefined && { steps: options.steps }),
    ...(options.metrics && { metrics: metricsNamed(options.metrics) }),
  }
  const measured = (method: MethodSpec, more = {}) => methodSpec('evaluate', { ...how, ...more, method })
  const forwards = options.quick ? DRISE_FORWARDS.quick : DRISE_FORWARDS.whole
  const beside = [
    measured(asked[0]!, { randomised: { layers: 1 } }),
    ...[methodSpec('drise', {}, forwards), methodSpec('box-gaussian'), methodSpec('random')].map((method) =>
      measured(method),
    ),
  ]
  const all = [...asked.map((method) => measured(method)), ...(options.baselines ? beside : [])]
  return [...new Map(all.map((spec) => [JSON.stringify(spec), spec])).values()]
}

/** @returns undefined for all that need a method to run once only */
function metricsNamed(names: readonly string[]): readonly MetricName[] | 'all' {
  if (names.includes('all')) return 'all'
  return names.map((name) => {
    const metric = MetricName.safeParse(name)
    if (metric.success) return metric.data
    const nearest = nearestNames(name, MetricName.options).join(', ')
    throw new InputError(
      'USAGE',
      `there is no metric ${JSON.stringify(name.slice(0, 64))}. The nearest are ${nearest}; "all" takes every one`,
    )
  })
}

/** `mean`, `constant` (grey 114), `blur`, `inpaint`, the last two with `=` and their size where another is wanted. */
function fillNamed(text: string): Fill {
  const [, kind, size] = /^([a-z]+)(?:=([\d.]+))?$/.exec(text) ?? []
  const number = size === undefined ? {} : { [kind === 'blur' ? 'sigma' : 'radius']: Number(size) }
  const grey = kind === 'constant' ? { rgb: [114, 114, 114] } : {}
  const fill = Fill.safeParse({ kind, ...grey, ...number })
  const takesSize = kind === 'blur' || kind === 'inpaint'
  if (fill.success && (takesSize || size === undefined)) return fill.data
  throw new InputError(
    'USAGE',
    `there is no fill ${JSON.stringify(text.slice(0, 64))}: take mean, constant, blur or inpaint; blur=0.1 and inpaint=0.2 are shares of the photo’s longer side, of .005 to .5 and .01 to .5`,
  )
}

/** The command that makes the same again, for a POSIX shell. */
export function evaluateCommand(detector: string, paths: readonly string[], options: EvaluateOptions): string {
  const { family, methods, forwards, set, metrics, fills, steps, baselines, quick, reference } = options
  const params = Object.entries(set).flatMap(([name, values]) =>
    Object.entries(values).flatMap(([param, value]) => ['--set', `${name}.${param}=${JSON.stringify(value)}`]),
  )
  const words = [
    ...[detector, ...paths, '--methods', methods.join(',')],
    ...(family === undefined ? [] : ['--family', family]),
    ...(forwards === undefined ? [] : ['--forwards', String(forwards)]),
    ...params,
    ...(metrics === undefined ? [] : ['--metrics', metrics.join(',')]),
    ...['--fills', fills.join(',')],
    ...(steps === undefined ? [] : ['--steps', String(steps)]),
    ...(baselines ? [] : ['--no-baselines']),
    ...(quick ? ['--quick'] : []),
    ...(reference === undefined ? [] : ['--reference', reference]),
    ...['--seed', String(options.seed), '--min-score', String(options.minScore)],
    ...['--objective', options.objective.join(','), '--max-targets', String(options.maxTargets)],
    ...(options.target ?? []).flatMap((each) => ['--target', each]),
  ]
  return `npx fanlight evaluate ${words.map(shellWord).join(' ')}`
}
