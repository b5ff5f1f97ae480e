import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type AttributionRecord, type Box, type JobSummary, mapsOf } from '@fanlight/contracts'
import { overlayWords } from '@fanlight/explain/diagnosis'
import { decodeNpy } from '@fanlight/image'
import type { ArtifactStore, ImageSource, Store } from '@fanlight/ports'
import type { Renderer } from '@fanlight/render'
import { type Place, strongestPlaces } from '@fanlight/report'
import { type AttributionRow, attributionRows, compareRows } from './attribution-row.ts'
import { type FailureRow, failureRows } from './failure-row.ts'
import { overlayPath } from './paths.ts'
import { type PhotoResult, photoResults } from './photo-results.ts'
import { reportOf, reportPhoto } from './report.ts'
import { ndjson, writeWhole } from './whole-file.ts'

export interface ResultsSource {
  readonly project: string
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly images: ImageSource
}

export interface ResultsOptions {
  /** Folder; made when it is not there. */
  readonly folder: string
  readonly job: JobSummary
  /** Absent: no overlays, and a report of numbers alone. */
  readonly renderer: Renderer | undefined
  /** Wall time of this run, when it had work to do. */
  readonly durationMs: number | undefined
  readonly command: string
  readonly fanlightVersion: string
  readonly onPhoto: (done: number, of: number) => void
  /** Told of photos that could not be drawn: they have their numbers and maps all the same. */
  readonly warn: (line: string) => void
  readonly signal: AbortSignal
}

export interface Results {
  /** In the order of the file. */
  readonly rows: readonly AttributionRow[]
  readonly failures: readonly FailureRow[]
  readonly withoutDetections: readonly string[]
}

/** How many photos the report shows with pictures; the rest is in the folder. */
const REPORT_PHOTOS = 100
/** Places that the report names of a map with intervals. */
const PLACES = 3

/**
 * Writes what a job has so far: maps and overlays first, attributions.ndjson last, so that it never names a map
 * that is not there. What lies there already and is the same is left alone.
 */
export async function writeResults(source: ResultsSource, options: ResultsOptions): Promise<Results> {
  const { folder, job, renderer } = options
  const photos = await Array.fromAsync(photoResults(source.store, source.project, job.id))
  const rows = photos.flatMap((photo) => attributionRows(photo, job.spec)).sort(compareRows)
  const failures = photos.flatMap(failureRows)
  const withoutDetections = photos.filter(hasNoDetections).map(({ item }) => item.name)
  const results = { rows, failures, withoutDetections }
  const attributions = ndjson(rows)
  if (await isWritten(folder, { attributions, failures: ndjson(failures), overlays: renderer !== undefined }))
    return results

  const shown = []
  for (const [done, photo] of photos.entries()) {
    options.signal.throwIfAborted()
    const made = await writePhoto(source, options, photo)
    if (shown.length < REPORT_PHOTOS && attributionRows(photo, job.spec).length > 0) {
      shown.push(reportPhoto(photo, made))
    }
    options.onPhoto(done + 1, photos.length)
  }
  const report = reportOf({ ...options, ...results, photos, shown })
  await writeWhole(join(folder, 'report.html'), report)
  await writeWhole(join(folder, 'timings.ndjson'), ndjson(photos.flatMap(timingRows)))
  if (failures.length > 0) await writeWhole(join(folder, 'failures.ndjson'), ndjson(failures))
  else await rm(join(folder, 'failures.ndjson'), { force: true })
  await writeWhole(join(folder, 'attributions.ndjson'), attributions)
  return results
}

/** What of a photo's maps goes into the report. */
export interface Shown {
  /** One a row of the photo, in their order; none for a map without intervals. */
  readonly places: readonly (readonly Place[] | undefined)[]
  /** Absent where nothing could be drawn. */
  readonly pictures: Pictures | undefined
}

interface Pictures {
  readonly boxes: Uint8Array
  /** One a row of the photo, in their order. */
  readonly overlays: readonly Uint8Array[]
}

async function writePhoto(source: ResultsSource, options: ResultsOptions, photo: PhotoResult): Promise<Shown> {
  const { folder, job, renderer } = options
  const rows = attributionRows(photo, job.spec)
  const records = photo.explanations.flatMap(({ result, method }) =>
    (result?.attributions ?? []).map((record) => ({ record, method: method.name })),
  )
  const overlays = []
  for (const [i, { record, method }] of records.entries()) {
    const [map, interval] = await writeMaps(source.artifacts, folder, record, rows[i]!)
    overlays.push({
      map: map!,
      ...(interval && { halfWidths: interval.data }),
      box: record.target.box,
      ...overlayWords(record, method),
    })
  }
  const places = overlays.map(({ map, halfWidths }) =>
    halfWidths ? strongestPlaces({ ...map, halfWidths }, PLACES) : undefined,
  )
  if (!renderer || overlays.length === 0) return { places, pictures: undefined }
  const path = photo.item.name
  try {
    const bytes = await source.images.read(photo.item.image!)
    const boxes = targetBoxes(photo)
    const drawn = await renderer.overlays({ photo: bytes, boxes, overlays })
    for (const [i, { record, method }] of records.entries()) {
      await writeWhole(join(folder, overlayPath(path, record.target, method)), drawn.overlays[i]!.png)
    }
    return { places, pictures: { boxes: drawn.boxes, overlays: drawn.overlays.map(({ small }) => small) } }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error.code === 'DISK_FULL') throw error
    options.warn(`no overlays of ${path}: ${error.message}`)
    return { places, pictures: undefined }
  }
}

/** @returns the map, then that of its intervals where there is one */
async function writeMaps(artifacts: ArtifactStore, folder: string, record: AttributionRecord, row: AttributionRow) {
  const paths = [row.map.path, ...(row.interval ? [row.interval.path] : [])]
  const maps = []
  for (const [i, { sha256, shape }] of mapsOf(record).entries()) {
    const bytes = await artifacts.get(sha256)
    await writeWhole(join(folder, paths[i]!), bytes)
    maps.push({ data: decodeNpy(bytes).data, height: shape[0], width: shape[1] })
  }
  return maps
}

/** One a detection, in the order of the report: its objectives share a box and a number. */
function targetBoxes({ explanations }: PhotoResult): Box[] {
  const targets = explanations.flatMap(({ result }) => result?.attributions ?? []).map(({ target }) => target)
  return [...new Map(targets.map(({ box, label }) => [JSON.stringify([box, label]), box])).values()]
}

const hasNoDetections = ({ item, explanations }: PhotoResult) =>
  item.state === 'done' && explanations.every(({ result }) => result?.attributions.length === 0)

const timingRows = ({ item, explanations }: PhotoResult) =>
  explanations.flatMap(({ explanation, method, result, durationMs }) =>
    result
      ? [
          {
            image: { path: item.name },
            method: method.name,
            explanation,
            forwards: result.forwards,
            durationMs: durationMs ?? null,
          },
        ]
      : [],
  )

/** Whether the folder holds just this already, so that a second run shows its results at once. */
async function isWritten(
  folder: string,
  wanted: { attributions: string; failures: string; overlays: boolean },
): Promise<boolean> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '')
  if ((await read('attributions.ndjson')) !== wanted.attributions || wanted.attributions === '') return false
  if ((await read('failures.ndjson')) !== wanted.failures) return false
  const report = await read('report.html')
  return report !== '' && (!wanted.overlays || report.includes('data:image/'))
}
