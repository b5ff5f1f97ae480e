export * from './explainer.ts'
