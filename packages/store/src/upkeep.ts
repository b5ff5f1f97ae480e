import type { Store } from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import { rotateAnswers } from './answer-slots.ts'
import type { Records } from './database.ts'
import { foldCounts } from './job-counts.ts'

const EXPLANATIONS_PER_UPKEEP = 200
const ROWS_PER_ANALYZE = 500

const VACUUM = sql`vacuum (analyze) jobs, items, explanations, item_explanations, questions, shards, outbox, job_counts,
  counted_targets, aggregates`

/**
 * Makes one row of many counts and empties partitions of answers, every 200 explanations that end through this store.
 * @param vacuums also does what autovacuum does on a server, and PGlite has not got: without it dead rows of the outbox
 *   pile up, and the planner, knowing no sizes, reads whole jobs where an index would give one row
 */
export function withUpkeep(store: Store, { db, vacuums }: Pick<Records, 'db'> & { vacuums: boolean }): Store {
  let ended = 0
  let added = { total: 0, since: 0 }
  const upkeep = async () => {
    await tried(foldCounts(db))
    await tried(rotateAnswers(db))
    if (vacuums) await tried(run(db, VACUUM))
  }
  return {
    ...store,
    async addItems(...given) {
      const sends = await store.addItems(...given)
      const items = given[2].length
      added = { total: added.total + items, since: added.since + items }
      if (vacuums && added.since >= Math.max(ROWS_PER_ANALYZE, added.total / 4)) {
        added.since = 0
        await tried(run(db, sql`analyze jobs, items`))
      }
      return sends
    },
    async endExplanation(...end) {
      const sends = await store.endExplanation(...end)
      ended += 1
      // The first of a new store have no statistics at all to go by.
      if (ended === 20 || ended % EXPLANATIONS_PER_UPKEEP === 0) await upkeep()
      return sends
    },
  }
}

const run = async (db: Records['db'], statement: RawBuilder<unknown>): Promise<void> => {
  await statement.execute(db)
}

/** What the caller asked for is committed by now: its messages must not be lost to upkeep that failed. */
const tried = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined)
