import type { AttributionRecord } from '@fanlight/contracts'
import type { EvaluatedMethod, evaluatedJob } from '@fanlight/evaluate'
import { overlayWords } from '@fanlight/explain/diagnosis'
import { decodeNpy } from '@fanlight/image'
import type { Renderer } from '@fanlight/render'
import type { ComparisonExample } from '@fanlight/report'
import type { PhotoResult } from './photo-results.ts'
import type { ResultsSource } from './write-results.ts'

/** A target with the maps that methods made of it. */
export interface FoundExample {
  readonly photo: PhotoResult
  readonly target: AttributionRecord['target']
  readonly maps: readonly { readonly method: EvaluatedMethod; readonly record: AttributionRecord }[]
}

/** The surest target of a photo; undefined where none is measured. */
export function exampleOf(
  photo: PhotoResult,
  { methodOf }: Pick<ReturnType<typeof evaluatedJob>, 'methodOf'>,
): FoundExample | undefined {
  const maps = photo.explanations.flatMap(({ method, result }) => {
    const evaluated = methodOf(method)
    return evaluated ? (result?.attributions ?? []).map((record) => ({ method: evaluated, record })) : []
  })
  const [surest] = maps.toSorted((a, b) => b.record.target.score - a.record.target.score)
  if (!surest) return undefined
  const { target } = surest.record
  return { photo, target, maps: maps.filter(({ record }) => record.target.id === target.id) }
}

/** Draws the maps; where the photo cannot be read any more, the example says so without pictures. */
export async function drawExample(
  source: ResultsSource,
  renderer: Renderer,
  { photo: { item }, target, maps }: FoundExample,
  warn: (line: string) => void,
): Promise<ComparisonExample> {
  const { box, label, score, objective } = target
  const about = { photo: item.name, box, label, score, objective }
  try {
    const photo = await source.images.read(item.image!)
    const overlays = []
    for (const { method, record } of maps) overlays.push(await overlayOf(source, method, record))
    const drawn = await renderer.overlays({ photo, boxes: [box], overlays })
    const pictures = drawn.overlays.map(({ small }) => ({ bytes: small, type: 'image/webp' as const }))
    return { ...about, maps: maps.map(({ method }, i) => ({ method: method.key, picture: pictures[i] })) }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    warn(`no maps of ${item.name}: ${error.message}`)
    return { ...about, maps: maps.map(({ method }) => ({ method: method.key })) }
  }
}

async function overlayOf({ artifacts }: ResultsSource, { method }: EvaluatedMethod, record: AttributionRecord) {
  const { data, shape } = decodeNpy(await artifacts.get(record.map.sha256))
  const map = { data, height: shape[0]!, width: shape[1]! }
  return { map, box: record.target.box, ...overlayWords(record, method.name) }
}
