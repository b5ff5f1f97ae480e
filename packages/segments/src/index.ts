export * from './bits.ts'
export * from './coalition.ts'
export * from './interpolation.ts'
export * from './mask.ts'
