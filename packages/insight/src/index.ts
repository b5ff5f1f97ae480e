export * from './aggregate.ts'
export * from './box-coordinates.ts'
export * from './deltas.ts'
export * from './layout.ts'
