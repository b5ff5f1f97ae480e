import type { MetricName, Variant } from '@fanlight/contracts'
import { correlation, type Findings, partialCorrelation, sensitivityMax } from '@fanlight/evaluate'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained } from './explainer.ts'
import { gaussianOver } from './methods/box-gaussian.ts'
import { type Runnable, runMethod, type Seen } from './rerun.ts'
import { seedFor } from './seed.ts'

/** Of the photo's noise, in shares of its range: five grey levels of 256. */
const NOISE_SIGMA = 0.02
const NOISES = [0, 1, 2]
/** Shares of the layers that are drawn anew, from the outputs. */
const REDRAWN = [0.25, 0.5, 1]

interface Change {
  readonly context: ExplainContext
  readonly variant?: Variant | undefined
}

interface RerunMetric {
  /** What is different in each other run. */
  readonly changes: (context: ExplainContext) => readonly Change[]
  /** What a map and those of the other runs say. */
  readonly verdict: (made: Attribution, others: readonly Float32Array[], image: Explained) => number | null
}

const rerunMetrics = {
  'seed-to-seed': {
    changes: (context) => [{ context: { ...context, seed: seedFor(context, 'seed-to-seed') } }],
    // A method without randomness agrees with itself, which says nothing.
    verdict: (made, [other], image) => (isSame(made.map.data, other!) ? null : likeness(made, other!, image)),
  },
  'sensitivity-max': {
    changes: (context) =>
      NOISES.map((i) => ({
        context,
        variant: { noise: { seed: seedFor(context, `sensitivity-max ${i}`), sigma: NOISE_SIGMA } },
      })),
    verdict: ({ map }, others) => sensitivityMax(map.data, others),
  },
  // With other masks, or what two runs share would look alike whatever the detector answers.
  randomisation: {
    changes: (context) =>
      REDRAWN.map((layers) => ({
        context: { ...context, seed: seedFor(context, 'randomisation') },
        variant: redrawn(context, layers),
      })),
    // The one that is most like the map: it fails the sanity check by any (Adebayo et al., NeurIPS 2018).
    verdict: (made, others, image) =>
      others
        .map((other) => likeness(made, other, image))
        .filter((like) => like !== null)
        .sort((a, b) => Math.abs(b) - Math.abs(a))[0] ?? null,
  },
} as const satisfies Partial<Record<MetricName, RerunMetric>>

type RerunName = keyof typeof rerunMetrics

const rerunsIn = (metrics: readonly MetricName[]): readonly RerunName[] =>
  (Object.keys(rerunMetrics) as RerunName[]).filter((name) => metrics.includes(name))

/** The same for all photos: a detector that was drawn anew stays open for them. */
export const redrawn = ({ seed }: ExplainContext, layers: number): Variant => ({ weights: { seed, layers } })

/**
 * Forwards of the other runs.
 * @param inner forwards of one run of the method, detection included, in whose place v(full) is asked under a variant
 */
export function rerunCost(metrics: readonly MetricName[], inner: number, base: boolean): number {
  const runs: Readonly<Record<RerunName, number>> = {
    'seed-to-seed': base ? inner : inner - 1,
    'sensitivity-max': NOISES.length * inner,
    randomisation: REDRAWN.length * inner,
  }
  return rerunsIn(metrics).reduce((sum, name) => sum + runs[name], 0)
}

/**
 * What running the method again, under another seed, noise or weights, tells of each of its maps.
 * @param explained its first run, with the variant that it was made under
 * @returns one a map
 */
export function* rerunFindings(
  inner: Runnable,
  seen: Seen,
  { explained, base, metrics }: { explained: Explained; base: Variant | undefined; metrics: readonly MetricName[] },
): Generator<AskedQuestion, readonly Findings['values'][], Answer> {
  const found = explained.attributions.map(() => new Map<MetricName, readonly (number | null)[]>())
  for (const name of rerunsIn(metrics)) {
    const { changes, verdict }: RerunMetric = rerunMetrics[name]
    const others: Explained[] = []
    for (const { context, variant } of changes(inner.context)) {
      const changed = base || variant ? { ...base, ...variant } : undefined
      others.push(yield* runMethod({ ...inner, context }, seen, changed))
    }
    explained.attributions.forEach((made, i) => {
      const maps = others.map(({ attributions }) => attributions[i]!.map.data)
      found[i]!.set(name, [verdict(made, maps, explained)])
    })
  }
  return found
}

const isSame = (a: Float32Array, b: Float32Array) => a.every((value, i) => Object.is(value, b[i]))

/** Correlation on cells; of a map that is partly prior, of what is left without a Gaussian over the box. */
function likeness({ map, target, priorShare }: Attribution, other: Float32Array, image: Explained): number | null {
  if (priorShare === 0) return correlation(map.data, other)
  return partialCorrelation(map.data, other, gaussianOver(target.box, image, map).data)
}
