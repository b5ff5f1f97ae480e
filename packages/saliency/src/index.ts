export * from './fuse.ts'
export * from './onto-photo.ts'
export type { LayerTap, Reduction } from './reduction.ts'
export { type ReductionName, reductions, usesGradient } from './reductions/index.ts'
