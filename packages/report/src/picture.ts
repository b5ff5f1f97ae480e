import { type Html, html, raw } from './html.ts'
import type { ReportPicture } from './report-data.ts'

export const picture = ({ bytes, type }: ReportPicture, alt: string): Html =>
  html`<img loading="lazy" alt="${alt}" src="data:${type};base64,${raw(Buffer.from(bytes).toString('base64'))}">`
