export type { ExplainerOptions, ExplainerPorts } from './desk.ts'
export * from './explainer.ts'
