import type { ExplanationView, Target } from './api.ts'
import { methodKeys } from './item-search.ts'

export type Attribution = NonNullable<ExplanationView['result']>['attributions'][number]

/** One method's map for one objective of a detection. */
export interface DetectionMap {
  readonly attribution: Attribution
  readonly method: string
  /** What tells the explanation apart in the address. */
  readonly key: string
  /** The target's number in its explanation, from 1. */
  readonly t: number
}

/** What was found at one place, with all that is explained about it. */
export interface Detection {
  readonly target: Target
  readonly maps: readonly DetectionMap[]
}

/** The detections of a photo over all its methods and objectives, in the order of the first that explains them. */
export function detectionsOf(explanations: readonly ExplanationView[]): readonly Detection[] {
  const keys = methodKeys(explanations)
  const maps = explanations.flatMap(({ method, result }, at) =>
    (result?.attributions ?? []).map((attribution, i) => ({
      attribution,
      method: method.name,
      key: keys[at]!,
      t: i + 1,
    })),
  )
  const places = Map.groupBy(maps, ({ attribution: { target } }) => JSON.stringify([target.box, target.class]))
  return [...places.values()].map((maps) => ({ target: maps[0]!.attribution.target, maps }))
}
