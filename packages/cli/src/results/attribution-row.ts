import { type AttributionRecord, CONTRACT_VERSION, type JobSpec } from '@fanlight/contracts'
import type { ItemExplanation } from '@fanlight/ports'
import { intervalPath, mapPath } from './paths.ts'
import type { PhotoResult } from './photo-results.ts'

/** A line of attributions.ndjson (docs/spec/results.md). Free of times, so that two runs give the same bytes. */
export type AttributionRow = ReturnType<typeof rowOf>

/** The rows of a photo: one a target and method that ended well. */
export function attributionRows(photo: PhotoResult, spec: JobSpec): AttributionRow[] {
  return photo.explanations.flatMap((explanation) =>
    (explanation.result?.attributions ?? []).map((record) => rowOf(photo, spec, explanation, record)),
  )
}

function rowOf({ item }: PhotoResult, spec: JobSpec, explanation: ItemExplanation, record: AttributionRecord) {
  const { target, forwards, map, interval, stability, priorShare, inBoxEnergy, unexplainable } = record
  const { gradient = null, fit = null, unmoved = null, doubts = null, evaluation = null } = record
  const { width, height, executionClass } = explanation.result!
  const { name, sha256, descriptor } = spec.detector
  const { id, box, class: classIndex, label, score, objective } = target
  return {
    image: { path: item.name, sha256: item.image!.sha256, width, height },
    detector: { name, sha256, family: descriptor.family },
    target: { id, box, class: classIndex, label, score, objective, unexplainable },
    method: explanation.method.name,
    params: explanation.method.params,
    seed: spec.seed,
    forwards,
    map: { path: mapPath(item.name, target, explanation.method.name), shape: map.shape },
    interval: interval
      ? {
          path: intervalPath(item.name, target, explanation.method.name),
          shape: interval.map.shape,
          level: interval.level,
        }
      : null,
    stability,
    priorShare,
    inBoxEnergy,
    doubts,
    fit,
    unmoved,
    gradient,
    evaluation,
    executionClass,
    explanation: explanation.explanation,
    version: CONTRACT_VERSION,
  }
}

/** By target, then method, then the photo's name: code units, whatever the language of the machine. */
export function compareRows(a: AttributionRow, b: AttributionRow): number {
  return (
    compareText(a.target.id, b.target.id) || compareText(a.method, b.method) || compareText(a.image.path, b.image.path)
  )
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
