export * from './fuse.ts'
export * from './onto-photo.ts'
export type { LayerTap, Reduction } from './reduction.ts'
export { reductions, usesGradient } from './reductions/index.ts'
