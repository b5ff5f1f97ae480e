import type { Failure, Outcome, Question, ShardAnswer, ShardRef } from '@fanlight/contracts'
import { type AskedQuestion, explanationReady, InputError, type RecordedQuestion, type Store } from '@fanlight/ports'
import { type Kysely, sql } from 'kysely'
import type { Records, Tx } from './database.ts'
import { encode, send, withId } from './outbox.ts'
import type { Tables } from './tables.ts'
import { wanting } from './wanting.ts'

type QuestionMethods = Pick<
  Store,
  'askQuestion' | 'startShard' | 'recordAttemptFailure' | 'abandonShard' | 'storeAnswer'
>

export const questionMethods = ({ db, clock }: Records): QuestionMethods => ({
  askQuestion: (asked) =>
    db.transaction().execute(async (tx) => {
      const { project, explanation, plan } = asked
      const now = clock.now()
      const slot = await touchOpen(tx, project, explanation, now)
      if (slot === undefined) return { plan, outbox: [] }
      const stored = await findQuestion(tx, asked)
      if (!stored) await insertQuestion(tx, asked, slot, now)
      const held = stored?.plan ?? plan
      const missing = stored?.missing ?? plan.slice(1).map((_, shard) => shard)
      return { plan: held, ...(await send(tx, asked.messages(held, missing), now)) }
    }),

  async startShard(ref) {
    const { rows } = await sql<{ attempts: number; failures: string[] }>`
      update shards s set attempts = attempts + 1, touched_at = ${clock.now()}
      where ${isAsked(ref)} and ok is null and exists (select ${wanting} where l.project = s.project and l.explanation = s.explanation)
      returning attempts, failures`.execute(db)
    const [row] = rows
    if (!row) return { do: 'skip' }
    return {
      do: 'work',
      attempt: row.attempts,
      failures: row.failures.map((failure) => JSON.parse(failure) as Failure),
    }
  },

  async recordAttemptFailure(ref, failure) {
    // A repeated call must not look like another attempt.
    await sql`
      update shards s set failures = failures || ${JSON.stringify(failure)}::text, touched_at = ${clock.now()}
      where ${isAsked(ref)} and cardinality(failures) < attempts`.execute(db)
  },

  async abandonShard(ref) {
    await sql`
      update shards set attempts = attempts - 1
      where ${isAsked(ref)} and ok is null and cardinality(failures) < attempts`.execute(db)
  },

  async storeAnswer(ref, outcome, measured) {
    const given: Given = { ref, outcome, measured, now: clock.now() }
    const { complete, outbox } = await (outcome.ok ? storeOutcome(db, given) : storeFailure(db, given, outcome.failure))
    return { complete, outbox }
  },
})

const isExplanation = ({ project, explanation }: ShardRef) => sql<boolean>`project = ${project} and id = ${explanation}`

/** Questions of an explanation that has ended are there until their partition is emptied, and nobody sees them. */
const isQuestion = ({ project, explanation, ordinal }: Pick<ShardRef, 'project' | 'explanation' | 'ordinal'>) =>
  sql<boolean>`project = ${project} and explanation = ${explanation} and ordinal = ${ordinal}
    and slot = (select slot from explanations where project = ${project} and id = ${explanation} and state = 'open')`
/** Whether the question is the one that the shard was cut from, and was cut so. */
const isCutSo = ({ hash, shard, from, to }: ShardRef) =>
  sql<boolean>`hash = ${hash} and plan[${shard}::integer + 1] = ${from} and plan[${shard}::integer + 2] = ${to}`
const isAsked = (ref: ShardRef) =>
  sql<boolean>`${isShard(ref)} and exists (select from questions where ${isQuestion(ref)} and ${isCutSo(ref)})`
const isShard = (ref: ShardRef) => sql<boolean>`${isQuestion(ref)} and shard = ${ref.shard}`

/** Locks the explanation. @returns where its answers go; undefined when it is not there, or not open */
async function touchOpen(tx: Tx, project: string, explanation: string, now: number): Promise<number | undefined> {
  const { rows } = await sql<{ slot: number }>`
    update explanations set touched_at = ${now}, first_asked_at = coalesce(first_asked_at, ${now})
    where project = ${project} and id = ${explanation} and state = 'open' returning slot`.execute(tx)
  return rows[0]?.slot
}

/** @throws InputError `TRANSCRIPT_MISMATCH` */
async function findQuestion(tx: Tx, asked: AskedQuestion): Promise<{ plan: number[]; missing: number[] } | undefined> {
  const { rows } = await sql<{ hash: string; plan: number[]; missing: number[] }>`
    select hash, plan, array(
      select shard from shards s
      where (s.slot, s.project, s.explanation, s.ordinal) = (q.slot, q.project, q.explanation, q.ordinal) and s.ok is null
      order by shard
    ) as missing
    from questions q where ${isQuestion(asked)}`.execute(tx)
  const [stored] = rows
  if (stored && stored.hash !== asked.hash) {
    const { ordinal, explanation, hash } = asked
    const message = `question ${ordinal} of ${explanation} is ${stored.hash}, not ${hash}: use --fresh`
    throw new InputError('TRANSCRIPT_MISMATCH', message)
  }
  return stored
}

async function insertQuestion(
  tx: Tx,
  { project, explanation, ordinal, hash, question, plan }: AskedQuestion,
  slot: number,
  now: number,
): Promise<void> {
  await sql`
    with question as (
      insert into questions (slot, project, explanation, ordinal, hash, question, plan, missing)
      values (${slot}, ${project}, ${explanation}, ${ordinal}, ${hash}, ${JSON.stringify(question)}, ${[...plan]}, ${plan.length - 1})
      returning slot, project, explanation, ordinal, plan
    )
    insert into shards (slot, project, explanation, ordinal, shard, forwards, touched_at)
    select slot, project, explanation, ordinal, i - 1, plan[i + 1] - plan[i], ${now}
    from question, generate_series(1, cardinality(plan) - 1) as i`.execute(tx)
}

interface Given {
  readonly ref: ShardRef
  readonly outcome: Outcome
  readonly measured: { readonly forwards: number; readonly durationMs: number }
  readonly now: number
}

/**
 * The one place where completion is decided, in one statement: it locks the question before it touches the shard, so
 * that of two last answers one sees the other. A failed outcome leaves its shard missing.
 */
async function storeOutcome(db: Kysely<Tables>, { ref, outcome, measured, now }: Given) {
  const message = explanationReady(ref.project, ref.explanation)
  const { rows } = await sql<{ stored: boolean; complete: boolean; sent: number | null }>`
    with question as materialized (
      select missing from questions where ${isQuestion(ref)} and ${isCutSo(ref)} for update
    ), stored as (
      update shards set ok = ${outcome.ok}, answer = ${outcome.ok ? JSON.stringify(outcome.answer) : null}::text,
        measured_forwards = ${measured.forwards}, measured_ms = ${measured.durationMs}, touched_at = ${now}
      from question where ${isShard(ref)} and ok is null
      returning ok
    ), counted as (
      update questions
      set missing = missing - 1, execution_class = coalesce(execution_class, ${outcome.ok ? outcome.executionClass : null}::text)
      where ${isQuestion(ref)} and exists (select from stored where ok)
      returning missing
    ), verdict as (
      select exists (select from stored) as stored, coalesce((select missing from counted), question.missing) = 0 as complete,
        coalesce((select ok from stored), s.ok) as ok
      from question, (select ok from shards where ${isShard(ref)}) s
    ), sent as (
      insert into outbox (messages, count, written_at)
      select ${encode([message])}, 1, ${now}::bigint from verdict where complete or not ok
      returning id
    )
    select stored, complete, (select id from sent) as sent from verdict`.execute(db)
  const [verdict] = rows
  if (!verdict) return { stored: false, complete: false, outbox: [] }
  const { stored, complete, sent } = verdict
  return { stored, complete, outbox: sent === null ? [] : [withId(message, sent, 0)] }
}

function storeFailure(db: Kysely<Tables>, given: Given, first: Failure) {
  return db.transaction().execute(async (tx) => {
    // Before the question's row: whoever ends the explanation locks in this order.
    await tx.selectFrom('explanations').select('id').where(isExplanation(given.ref)).forUpdate().execute()
    const answered = await storeOutcome(tx, given)
    const failure = sql<string>`coalesce(failure, ${JSON.stringify(first)})`
    if (answered.stored) await tx.updateTable('explanations').set({ failure }).where(isExplanation(given.ref)).execute()
    return answered
  })
}

interface ShardRow {
  readonly ordinal: number
  readonly hash: string | null
  readonly question: string | null
  readonly plan: number[] | null
  readonly execution_class: string | null
  readonly ok: boolean | null
  readonly answer: string | null
  readonly measured_forwards: number | null
  readonly measured_ms: number | null
}

/** By ordinal; in one statement, so that questions and answers are of the same moment. */
export async function readQuestions(
  db: Kysely<Tables>,
  project: string,
  explanation: string,
): Promise<RecordedQuestion[]> {
  const { rows } = await sql<ShardRow>`
    select s.ordinal, q.hash, q.question, q.plan, q.execution_class, s.ok, s.answer, s.measured_forwards, s.measured_ms
    from shards s
    left join questions q
      on s.shard = 0 and (q.slot, q.project, q.explanation, q.ordinal) = (s.slot, s.project, s.explanation, s.ordinal)
    where s.project = ${project} and s.explanation = ${explanation}
      and s.slot = (select slot from explanations where project = ${project} and id = ${explanation} and state = 'open')
    order by s.ordinal, s.shard`.execute(db)
  return [...Map.groupBy(rows, ({ ordinal }) => ordinal).values()].map(recorded)
}

function recorded(shards: ShardRow[]): RecordedQuestion {
  const { ordinal, hash, question, plan, execution_class } = shards[0]!
  return {
    ordinal,
    hash: hash!,
    question: JSON.parse(question!) as Question,
    plan: plan!,
    answers: shards.map(({ answer }) => (answer === null ? undefined : (JSON.parse(answer) as ShardAnswer))),
    complete: shards.every(({ ok }) => ok),
    executionClass: execution_class ?? undefined,
    measured: {
      forwards: shards.reduce((sum, shard) => sum + (shard.measured_forwards ?? 0), 0),
      durationMs: shards.reduce((sum, shard) => sum + (shard.measured_ms ?? 0), 0),
    },
  }
}

/**
 * For explanations that are opened anew or forgotten. Of those that end nothing is deleted: their rows go with their
 * partition (`rotateAnswers`).
 */
export async function dropQuestions(tx: Tx, project: string, explanations: readonly string[]): Promise<void> {
  if (explanations.length === 0) return
  for (const table of ['questions', 'shards'] as const) {
    await tx
      .deleteFrom(table)
      .where('project', '=', project)
      .where(sql<boolean>`explanation = any(${explanations})`)
      .execute()
  }
}
