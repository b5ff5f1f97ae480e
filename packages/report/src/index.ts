export { type NetworkReport, renderNetworkReport } from './network-report.ts'
export { defaultReportLimits, type ReportLimits, renderReport } from './report.ts'
export type * from './report-data.ts'
export { renderWeightsReport, type WeightsReport } from './weights-report.ts'
