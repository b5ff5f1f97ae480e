import type { JobSummary } from '@fanlight/contracts'
import {
  type ReportAttribution,
  type ReportPhoto,
  type ReportPicture,
  type ReportTarget,
  renderReport,
} from '@fanlight/report'
import { mapPath } from './paths.ts'
import type { PhotoResult } from './photo-results.ts'
import type { Results, Shown } from './write-results.ts'

export interface ReportOptions extends Results {
  readonly job: JobSummary
  readonly photos: readonly PhotoResult[]
  readonly shown: readonly ReportPhoto[]
  readonly durationMs: number | undefined
  readonly command: string
  readonly fanlightVersion: string
}

export function reportOf({ job, photos, shown, rows, failures, withoutDetections, ...rest }: ReportOptions): string {
  const { detector, methods, seed, policy } = job.spec
  const { family, width, height, classNames } = detector.descriptor
  const results = photos.flatMap(({ explanations }) => explanations.flatMap(({ result }) => result ?? []))
  const detections = new Set(rows.map(({ image, target }) => `${image.path}\n${target.box.join()}\n${target.class}`))
  return renderReport({
    title: job.name,
    job: job.id,
    detector: { name: detector.name, sha256: detector.sha256, family, width, height, classes: classNames.length },
    methods,
    seed,
    minScore: policy.minScore,
    versions: { fanlight: rest.fanlightVersion },
    executionClasses: [...new Set(results.map(({ executionClass }) => executionClass))].sort(),
    command: rest.command,
    totals: {
      photos: photos.length,
      detections: detections.size,
      forwards: results.reduce((sum, { forwards }) => sum + forwards, 0),
      durationMs: rest.durationMs,
    },
    photos: shown,
    photosWithDetections: new Set(rows.map(({ image }) => image.path)).size,
    withoutDetections,
    failures: failures.map(({ image, code, message }) => ({ name: image.path, code, message })),
    wholePath: 'attributions.ndjson',
  })
}

/** A photo as the report shows it: its targets, each with the answers of all methods. */
export function reportPhoto({ item, explanations }: PhotoResult, { places, pictures }: Shown): ReportPhoto {
  const targets = new Map<string, ReportTarget & { attributions: ReportAttribution[] }>()
  let row = 0
  for (const { result, method, explanation } of explanations) {
    for (const record of result?.attributions ?? []) {
      const { id, box, label, score, objective } = record.target
      const target = targets.get(id) ?? { box, label, score, objective, attributions: [] }
      const small = pictures?.overlays[row]
      const strongest = places[row++]
      target.attributions.push({
        ...record,
        method: method.name,
        explanation,
        mapPath: mapPath(item.name, record.target, method.name),
        ...(small && { picture: webp(small) }),
        ...(strongest && { places: strongest }),
      })
      targets.set(id, target)
    }
  }
  const { width, height, targetsCut } = explanations.find(({ result }) => result)!.result!
  return {
    name: item.name,
    sha256: item.image!.sha256,
    width,
    height,
    ...(pictures && { picture: webp(pictures.boxes) }),
    targets: [...targets.values()],
    targetsCut,
  }
}

const webp = (bytes: Uint8Array): ReportPicture => ({ bytes, type: 'image/webp' })
