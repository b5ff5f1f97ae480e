import type { Fill } from '@fanlight/contracts'
import {
  type Asking,
  areaUnder,
  bootstrap,
  type Curves,
  insertionDeletion,
  insertionDeletionInBox,
} from '@fanlight/evaluate'
import { z } from 'zod'
import { askModel, type Sessions } from './explain-photo.ts'
import { GREY } from './peers-contenders.ts'
import { commonMap } from './peers-scores.ts'
import { kept } from './quality-cache.ts'
import type { Studied } from './quality-photos.ts'
import { attributionOf, type Order, partOf, ran } from './quality-runs.ts'

const VERSION = 1
const STEPS = 64
/** Targets of a photo whose curves are asked, by falling score: the most expensive part. */
export const MAX_CURVED = 3
/** The fill that methods work with, and one that none of them knows. */
const FILLS = { known: GREY, unknown: { kind: 'blur', sigma: 0.05 } } satisfies Record<string, Fill>

export const CURVED: readonly Order[] = [
  { name: 'focus', forwards: 150, seed: 1 },
  { name: 'box-gaussian', forwards: 0, seed: 1 },
  { name: 'drise', forwards: 1000, seed: 1 },
  { name: 'drise', forwards: 5000, seed: 1 },
  { name: 'kernel-shap', forwards: 1000, seed: 1 },
]

/** Insertion − deletion; null where it could not be measured. */
const Gains = z.object({
  known: z.number().nullable(),
  unknown: z.number().nullable(),
  knownInBox: z.number().nullable(),
  unknownInBox: z.number().nullable(),
})
type Gains = z.infer<typeof Gains>

/** [targets], of one photo and method. */
export function gainsOf(sessions: Sessions, photo: Studied, order: Order): Promise<Gains[]> {
  return kept(partOf(photo, `curves${MAX_CURVED}`, order, VERSION), z.array(Gains), async () => {
    const made = await ran(sessions, photo, order)
    const gains: Gains[] = []
    for (const detection of photo.recording.detections.slice(0, MAX_CURVED)) {
      const [{ map, target }] = attributionOf(made, detection)
      const subject = { target, map: commonMap(map, photo.recording), image: photo.recording }
      const gain = (measure: typeof insertionDeletionInBox, fill: Fill) =>
        gained(sessions, photo, measure(subject, fill, STEPS))
      gains.push({
        known: await gain(insertionDeletion, FILLS.known),
        unknown: await gain(insertionDeletion, FILLS.unknown),
        knownInBox: await gain(insertionDeletionInBox, FILLS.known),
        unknownInBox: await gain(insertionDeletionInBox, FILLS.unknown),
      })
    }
    return gains
  })
}

async function gained(sessions: Sessions, { image }: Studied, asking: Asking<Curves | null>): Promise<number | null> {
  let step = asking.next()
  while (!step.done) step = asking.next((await askModel(sessions, image, step.value)).answer)
  return step.value && areaUnder(step.value.insertion) - areaUnder(step.value.deletion)
}

/** [photos][methods as in CURVED][targets] as a table: means, and how far focus is ahead at least. */
export function curvesTable(photos: readonly (readonly (readonly Gains[])[])[]): string[] {
  const kinds = ['known', 'unknown', 'knownInBox', 'unknownInBox'] as const
  const interval = bootstrap({ clusters: photos.length })
  const cell = (method: number, kind: (typeof kinds)[number]): string => {
    const own = photos.flatMap((of) => of[method]!.map((gains) => gains[kind])).filter((gain) => gain !== null)
    const ahead = photos.map((of) =>
      of[0]!.flatMap((gains, t) => {
        const [mine, other] = [gains[kind], of[method]![t]![kind]]
        return mine === null || other === null ? [] : [mine - other]
      }),
    )
    const said = own.length > 0 ? mean(own).toFixed(3) : '–'
    if (method === 0 || own.length === 0) return said
    // The lower end of a two-sided 90 % interval is a lower 95 % bound.
    const low = interval(ahead, 'mean', [0.9])?.[0]?.low
    return `${said}; ${signed(mean(ahead.flat()))}, ≥ ${low === undefined ? '–' : signed(low)}`
  }
  return [
    '| explainer | known fill | unknown fill | known, in box | unknown, in box |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...CURVED.map(
      ({ name, forwards }, i) => `| ${name}, ${forwards} | ${kinds.map((kind) => cell(i, kind)).join(' | ')} |`,
    ),
  ]
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
