import type { Store } from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import type { Records } from './database.ts'

const EXPLANATIONS_PER_VACUUM = 200
const ROWS_PER_ANALYZE = 500

/**
 * What autovacuum does on a server, and PGlite has not got: without it dead rows of questions and the outbox pile up,
 * and the planner, knowing no sizes, reads whole jobs where an index would give one row.
 */
export function withUpkeep(store: Store, { db }: Pick<Records, 'db'>): Store {
  let ended = 0
  let added = { total: 0, since: 0 }
  return {
    ...store,
    async addItems(project, job, items) {
      const sends = await store.addItems(project, job, items)
      added = { total: added.total + items.length, since: added.since + items.length }
      if (added.since >= Math.max(ROWS_PER_ANALYZE, added.total / 4)) {
        added.since = 0
        await tryUpkeep(db, sql`analyze jobs, items`)
      }
      return sends
    },
    async endExplanation(...end) {
      const sends = await store.endExplanation(...end)
      ended += 1
      // The first of a new store have no statistics at all to go by.
      if (ended === 20 || ended % EXPLANATIONS_PER_VACUUM === 0) {
        await tryUpkeep(
          db,
          sql`vacuum (analyze) jobs, items, explanations, item_explanations, questions, shards, outbox, counted_targets, aggregates`,
        )
      }
      return sends
    },
  }
}

/** What the caller asked for is committed by now: its messages must not be lost to a failed optimisation. */
async function tryUpkeep(db: Records['db'], statement: RawBuilder<unknown>): Promise<void> {
  await statement.execute(db).catch(() => undefined)
}
