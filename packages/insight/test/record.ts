import type { Target } from '@fanlight/contracts'
import type { CountedRecord } from '../src/index.ts'

/** A record of a target like this one. */
export function record(changes: Partial<Target>): CountedRecord {
  const target: Target = {
    id: 'a'.repeat(64),
    box: [0, 0, 1, 1],
    class: 0,
    label: 'boat',
    score: 1,
    objective: 'score',
    ...changes,
  }
  return { target, stability: null, unexplainable: null }
}
