import { availableParallelism, totalmem } from 'node:os'
import type { Provider } from '../provider.ts'

const GIB = 2 ** 30

/** A GPU computes one forward at a time: a second child reads outputs meanwhile. */
export const defaultWorkers = (provider: Provider): number =>
  Math.max(1, provider === 'cpu' ? availableParallelism() : Math.min(2, availableParallelism()))

/** 4 GiB a child, or its share of four fifths of the machine's memory when that is less. */
export function defaultMaxResidentBytes(workers: number): number {
  // 0, or beyond all memory, where nothing is constrained.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return Math.min(4 * GIB, Math.floor((0.8 * Math.min(totalmem(), constrained)) / workers))
}
