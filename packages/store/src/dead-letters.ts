import type { Failure, ShardRef } from '@fanlight/contracts'
import {
  checkLetter,
  type DeadLetterRow,
  decodeCursor,
  encodeCursor,
  InputError,
  type NewDeadLetter,
  type Replay,
  replayOf,
  type Store,
  shardOfLetter,
  whyNotReopened,
} from '@fanlight/ports'
import { type Selectable, sql } from 'kysely'
import type { Records, Tx } from './database.ts'
import { lockJobsOf } from './endings.ts'
import { fromJson } from './json.ts'
import { send } from './outbox.ts'
import { reopenExplanations, reopenItems, rerunJobs } from './reopening.ts'
import type { DeadLettersTable } from './tables.ts'

type DeadLetterMethods = Pick<Store, 'recordDeadLetter' | 'listDeadLetters' | 'getDeadLetter' | 'replayDeadLetter'>

export const deadLetterMethods = ({ db, clock }: Records): DeadLetterMethods => ({
  recordDeadLetter(given) {
    checkLetter(given)
    return db.transaction().execute(async (tx) => {
      const { id, project, bodyBase64, at, ...letter } = given
      const shard = shardOfLetter(given)
      const history = shard ? await attemptFailures(tx, shard) : []
      await tx
        .insertInto('dead_letters')
        .values({
          id,
          project: project ?? null,
          shard_project: shard?.project ?? null,
          explanation: shard?.explanation ?? null,
          letter: JSON.stringify(letter),
          body: bodyBase64,
          history: JSON.stringify(history),
          at,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  },

  async listDeadLetters({ after, limit }, { project } = {}) {
    const rows = await db
      .selectFrom('dead_letters')
      .select(['id', 'project', 'letter', 'history', 'at', 'replays', 'replayed_at', 'serial'])
      .$if(project === null, (query) => query.where('project', 'is', null))
      .$if(typeof project === 'string', (query) => query.where('project', '=', project ?? null))
      .$if(after !== undefined, (query) => query.where(sql<boolean>`serial < ${decodeCursor(after!, ['number'])[0]}`))
      .orderBy('serial', 'desc')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return { rows: page.map(rowOf), next: last && rows.length > limit ? encodeCursor([last.serial]) : undefined }
  },

  async getDeadLetter(id) {
    const row = await db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirst()
    return row && { ...rowOf(row), bodyBase64: row.body }
  },

  replayDeadLetter: (id) =>
    db.transaction().execute(async (tx) => {
      // Not locked: whoever removes an explanation holds it before it removes its letters.
      const row = await tx.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw new InputError('NOT_FOUND', `there is no dead letter ${JSON.stringify(id)}`)
      const now = clock.now()
      const letter = { ...rowOf(row), bodyBase64: row.body }
      const shard = shardOfLetter(letter)
      const replay: Replay = shard ? await reopen(tx, shard, now) : replayOf(letter, row.replays + 1)
      if (replay.replay !== 'nothing') {
        const counted = { replays: sql<number>`replays + 1`, replayed_at: now }
        await tx.updateTable('dead_letters').set(counted).where('id', '=', id).execute()
      }
      return replay
    }),
})

type Row = Pick<
  Selectable<DeadLettersTable>,
  'id' | 'project' | 'letter' | 'history' | 'at' | 'replays' | 'replayed_at'
>

const rowOf = ({ id, project, letter, history, at, replays, replayed_at }: Row): DeadLetterRow => ({
  ...(JSON.parse(letter) as Omit<NewDeadLetter, 'id' | 'project' | 'bodyBase64' | 'at'>),
  id,
  ...(project !== null && { project }),
  at,
  history: JSON.parse(history) as Failure[],
  replays,
  replayedAt: replayed_at ?? undefined,
})

/** What the attempts of a shard said, also when its explanation has failed by now. */
async function attemptFailures(tx: Tx, { project, explanation, ordinal, shard }: ShardRef): Promise<Failure[]> {
  const { rows } = await sql<{ failures: string[] | null; kept: string | null }>`
    select s.failures, e.attempt_failures as kept from explanations e
    left join shards s
      on e.state = 'open' and s.project = e.project and s.explanation = e.id and s.ordinal = ${ordinal} and s.shard = ${shard}
    where e.project = ${project} and e.id = ${explanation}`.execute(tx)
  const kept = fromJson<{ ordinal: number; shard: number; failures: string[] }[]>(rows[0]?.kept ?? null) ?? []
  const failures = rows[0]?.failures ?? kept.find((row) => row.ordinal === ordinal && row.shard === shard)?.failures
  return (failures ?? []).map((failure) => JSON.parse(failure) as Failure)
}

async function reopen(tx: Tx, { project, explanation }: ShardRef, now: number): Promise<Replay> {
  const query = tx
    .selectFrom('explanations')
    .select('state')
    .where('project', '=', project)
    .where('id', '=', explanation)
  const state = (await query.forUpdate().executeTakeFirst())?.state
  if (state !== 'failed') return { replay: 'nothing', why: whyNotReopened(state) }
  const locked = await lockJobsOf(tx, project, explanation)
  const jobs = await reopenItems(tx, locked, sql`l.explanation = ${explanation}`)
  if (jobs.length === 0) return { replay: 'nothing', why: whyNotReopened(state) }
  await reopenExplanations(tx, project, sql`e.id = ${explanation}`, now)
  return { replay: 'reopened', ...(await send(tx, await rerunJobs(tx, { project, jobs }), now)) }
}
