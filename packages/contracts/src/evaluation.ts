import { z } from 'zod'
import { Fill } from './score-question.ts'

/** What a map was measured by, in the order in which it is shown; what each says: @fanlight/evaluate/words. */
export const MetricName = z.enum([
  'insertion',
  'deletion',
  'insertion-minus-deletion',
  'insertion-in-box',
  'deletion-in-box',
  'insertion-minus-deletion-in-box',
  'average-drop',
  'average-increase',
  'pointing-game',
  'energy-in-box',
  'other-objects',
  'sparsity',
  'mu-fidelity',
  'infidelity',
  'sensitivity-max',
  'seed-to-seed',
  'efficiency-gap',
  'randomisation',
])
export type MetricName = z.infer<typeof MetricName>

/** Value ÷ v(full) by how many of the strongest cells are kept, or removed: equal steps from none to all. */
export const Curve = z.object({
  metric: z.enum(['insertion', 'deletion', 'insertion-in-box', 'deletion-in-box']),
  /** Index into the evaluation's fills. */
  fill: z.int().nonnegative(),
  values: z.array(z.number()).min(2).max(257),
})
export type Curve = z.infer<typeof Curve>

/** How well a map says what it claims to, measured by asking the detector again. */
export const Evaluation = z.object({
  /** Each is measured under each. */
  fills: z.array(Fill).min(1).max(4),
  /** One a fill; one where the fill does not matter; null where it could not be measured. */
  metrics: z.array(z.object({ name: MetricName, values: z.array(z.number().nullable()).min(1).max(4) })),
  curves: z.array(Curve).max(16),
})
export type Evaluation = z.infer<typeof Evaluation>
