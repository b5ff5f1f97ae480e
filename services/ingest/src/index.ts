export { type IngestOptions, type IngestPorts, ingest } from './ingest.ts'
export { type SourceOptions, type SourcePorts, startSources } from './sources.ts'
