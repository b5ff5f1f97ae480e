import { availableParallelism, totalmem } from 'node:os'

const GIB = 2 ** 30

export const defaultWorkers = (): number => Math.max(1, availableParallelism())

/** 4 GiB a child, or its share of four fifths of the machine's memory when that is less. */
export function defaultMaxResidentBytes(workers: number): number {
  // 0, or beyond all memory, where nothing is constrained.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return Math.min(4 * GIB, Math.floor((0.8 * Math.min(totalmem(), constrained)) / workers))
}
