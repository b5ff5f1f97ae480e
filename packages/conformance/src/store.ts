import { suite, test } from 'node:test'
import type { Clock, Store } from '@fanlight/ports'
import { manualClock } from './manual-clock.ts'
import { aggregateClauses } from './store/aggregates.ts'
import { claimClauses } from './store/claims.ts'
import { deadLetterClauses } from './store/dead-letters.ts'
import { derivedModelClauses } from './store/derived-models.ts'
import { detectorClauses } from './store/detectors.ts'
import { explanationClauses } from './store/explanations.ts'
import { itemClauses } from './store/items.ts'
import { jobClauses } from './store/jobs.ts'
import { limitClauses } from './store/limits.ts'
import { questionClauses } from './store/questions.ts'
import { retentionClauses } from './store/retention.ts'
import type { Stage } from './store/scene.ts'
import { sourceClauses } from './store/sources.ts'
import { sweeperClauses } from './store/sweeper.ts'

export type Clause = (title: string, run: (stage: Stage) => Promise<void>) => void

/**
 * Every store passes this suite. Case names are the clauses of docs/spec/store.md.
 * @param open gives an empty store each time; the case disposes it
 */
export function testStore(name: string, open: (clock: Clock) => Promise<Store>): void {
  suite(`store: ${name}`, () => {
    const clause: Clause = (title, run) => {
      test(title, async () => {
        const clock = manualClock()
        await using store = await open(clock)
        await run({ store, clock })
      })
    }
    jobClauses(clause)
    itemClauses(clause)
    claimClauses(clause)
    explanationClauses(clause)
    questionClauses(clause)
    aggregateClauses(clause)
    sweeperClauses(clause)
    retentionClauses(clause)
    detectorClauses(clause)
    derivedModelClauses(clause)
    sourceClauses(clause)
    limitClauses(clause)
    deadLetterClauses(clause)
  })
}
