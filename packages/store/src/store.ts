import type { Store } from '@fanlight/ports'
import { aggregateMethods } from './aggregates.ts'
import { claimMethods } from './claims.ts'
import { type Calling, callOnce, type Records, withCalls } from './database.ts'
import { deadLetterMethods } from './dead-letters.ts'
import { deadlineMethods } from './deadlines.ts'
import { derivedModelMethods } from './derived-models.ts'
import { detectorMethods } from './detectors.ts'
import { explanationMethods } from './explanations.ts'
import { itemMethods } from './items.ts'
import { jobMethods } from './jobs.ts'
import { outboxMethods } from './outbox.ts'
import { questionMethods } from './questions.ts'
import { retentionMethods } from './retention.ts'
import { sourceMethods } from './sources.ts'

/**
 * The store over any database of PostgreSQL's dialect whose schema is up to date. Rows are locked in one order
 * everywhere, or two transactions could wait for each other: explanation, question, shard, job, item, link.
 */
export function storeOver(records: Records, calling: Calling = callOnce): Store {
  const store: Store = {
    ...jobMethods(records),
    ...itemMethods(records),
    ...sourceMethods(records),
    ...deadlineMethods(records),
    ...detectorMethods(records),
    ...derivedModelMethods(records),
    ...claimMethods(records),
    ...explanationMethods(records),
    ...questionMethods(records),
    ...aggregateMethods(records),
    ...deadLetterMethods(records),
    ...outboxMethods(records),
    ...retentionMethods(records),
    [Symbol.asyncDispose]: () => records.db.destroy(),
  }
  return withCalls(store, calling)
}
