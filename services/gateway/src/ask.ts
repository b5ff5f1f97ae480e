import { type DetectorRef, type JobSpec, type Lane, Objective, ScoredTarget } from '@fanlight/contracts'
import { checkObjectives, methodNames, methodSpec } from '@fanlight/explain'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'

const MAX_DEADLINE_MS = 24 * 3_600_000

/** What may be asked of a network: names, defaults and checks are those of `fanlight explain`. */
export const Ask = z.strictObject({
  detector: z.string().min(1).max(256).meta({ description: 'Id or name of a registered detector: GET /v1/detectors' }),
  methods: z
    .array(z.string().max(64))
    .min(1)
    .max(32)
    .default(['focus'])
    .meta({ description: `Of ${methodNames.join(', ')}` }),
  params: z
    .record(z.string().max(64), z.record(z.string().max(64), z.unknown()))
    .default({})
    .meta({ description: 'Parameters by method, as { "drise": { "grid": 8 } }; missing ones get their defaults' }),
  forwards: z.int().min(1).optional().meta({ description: 'Runs of the network for a photo, in all' }),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  minScore: z.number().min(0).max(1).default(0.3),
  objectives: z.array(Objective).min(1).max(8).default(['score']),
  maxTargets: z.int().min(1).max(1000).default(20),
  targets: z.array(ScoredTarget).max(100).default([]).meta({
    description: 'Boxes in pixels and class numbers, explained instead of the detections: ground truth, or misses',
  }),
})
export type Ask = z.output<typeof Ask>

export const deadlineMs = z.int().min(1000).max(MAX_DEADLINE_MS)

type Plain = Omit<JobSpec, 'detector' | 'lane'>

/**
 * What is asked, with all defaults filled in.
 * @throws InputError `USAGE` for unknown methods, and for params and objectives that are not theirs
 */
export function plainSpec({ methods, params, forwards, objectives, ...ask }: Ask): Plain {
  const names = [...new Set(methods)]
  const stray = Object.keys(params).find((name) => !names.includes(name))
  if (stray !== undefined) {
    throw new InputError(
      'USAGE',
      `params are given for ${JSON.stringify(stray)}, which is none of the methods asked for`,
    )
  }
  const { minScore, maxTargets, seed } = ask
  const specs = names.map((name) => methodSpec(name, Object.hasOwn(params, name) ? params[name] : {}, forwards))
  checkObjectives(specs, objectives)
  return {
    methods: specs,
    policy: { kind: 'detections', minScore, maxTargets, objectives: [...new Set(objectives)] },
    seed,
  }
}

/** @throws InputError `USAGE` as `plainSpec`, and for targets of a class that the detector does not have */
export function specOf(ask: Ask, detector: DetectorRef, lane: Lane): JobSpec {
  const { policy, ...plain } = plainSpec(ask)
  const { classNames } = detector.descriptor
  const given = ask.targets.map(({ box, class: index }) => {
    const label = classNames[index]
    if (label !== undefined) return { box, class: index, label }
    throw new InputError('USAGE', `the detector has no class ${index}: its classes are 0 to ${classNames.length - 1}`)
  })
  return { detector, ...plain, policy: { ...policy, ...(given.length > 0 && { given }) }, lane }
}

const LISTS = new Set(['methods', 'objectives'])
const NUMBERS = new Set(['forwards', 'seed', 'minScore', 'maxTargets', 'deadlineMs', 'bytes'])

/** Fields of a form or a query, where all is text: lists have commas between their words, `params` is JSON. */
export function fieldsOfText(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fieldOfText(name, value)]))
}

/** Text that is none of its kind stays as it is, and the schema tells so. */
function fieldOfText(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (LISTS.has(name)) return value.split(',').map((word) => word.trim())
  if (NUMBERS.has(name) && /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(value.trim())) return Number(value)
  if (name !== 'params') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
