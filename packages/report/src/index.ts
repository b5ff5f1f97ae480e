export { defaultReportLimits, type ReportLimits, renderReport } from './report.ts'
export type * from './report-data.ts'
