export * from './artifact-store.ts'
export * from './bus.ts'
export * from './manual-clock.ts'
export * from './store.ts'
