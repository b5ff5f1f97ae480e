import { guideSection, limitsSection } from './guide.ts'
import { type Html, html } from './html.ts'
import { renderPage } from './page.ts'
import { photoSection } from './photo-section.ts'
import type { ReportData, ReportPhoto } from './report-data.ts'
import {
  classesSection,
  failuresSection,
  headSection,
  provenanceSection,
  warningsSection,
  withoutSection,
} from './sections.ts'
import { thousands } from './words.ts'

export interface ReportLimits {
  /** Photos that the page shows. */
  readonly maxPhotos: number
  /** Of all pictures together: browsers struggle with more. */
  readonly maxPictureBytes: number
}

export const defaultReportLimits: ReportLimits = { maxPhotos: 200, maxPictureBytes: 100_000_000 }

/**
 * One HTML page that needs nothing beside it: no script, no network. Photos beyond the limits are counted, and said to
 * be in `data.wholePath`.
 */
export function renderReport(data: ReportData, limits: ReportLimits = defaultReportLimits): string {
  const photos = fitting(data.photos, limits)
  const shown = { ...data, photos }
  return renderPage(
    data.title,
    html`${headSection(data)}
<main>
${failuresSection(data)}
${warningsSection(data)}
${classesSection(shown)}
${guideSection()}
${restNote(data, photos.length)}
${photos.map(photoSection)}
${withoutSection(data)}
${provenanceSection(data)}
${limitsSection()}
</main>`,
  )
}

function fitting(photos: readonly ReportPhoto[], { maxPhotos, maxPictureBytes }: ReportLimits): readonly ReportPhoto[] {
  let bytes = 0
  const count = photos.slice(0, maxPhotos).findIndex((photo) => {
    bytes += photo.picture?.bytes.byteLength ?? 0
    for (const { picture } of photo.targets.flatMap((target) => target.attributions)) {
      bytes += picture?.bytes.byteLength ?? 0
    }
    return bytes > maxPictureBytes
  })
  return photos.slice(0, count === -1 ? maxPhotos : count)
}

function restNote({ photosWithDetections, wholePath }: ReportData, shown: number): Html | undefined {
  if (photosWithDetections <= shown) return undefined
  return html`<section class="warning" id="rest"><p>This page shows the first ${thousands(shown)} of ${thousands(
    photosWithDetections,
  )} photos with detections. All of them are in <code>${wholePath}</code>.</p></section>`
}
