import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { type Failure, hashOf, sha256 } from '@fanlight/contracts'
import type { ClaimedItem, Clock, Store } from '@fanlight/ports'
import { openDatabase, storeOver } from '@fanlight/store'
import { type Kysely, sql } from 'kysely'
import { rotateAnswers } from '../src/answer-slots.ts'
import { foldCounts } from '../src/job-counts.ts'
import { pgliteDialect } from '../src/pglite-dialect.ts'
import type { Tables } from '../src/tables.ts'
import { emptyTables } from './tables.ts'
import { explanationOf, image, jobSpec, resultOf } from './writing.ts'

const P = 'local'
const shared = openDatabase(pgliteDialect(new PGlite()))

interface Bench {
  readonly db: Kysely<Tables>
  readonly store: Store
}

async function emptyStore(_t: TestContext): Promise<Bench> {
  const db = await shared
  await emptyTables(db)
  let now = 1_000_000
  const clock: Clock = { now: () => (now += 1), sleep: async () => {} }
  return { db, store: storeOver({ db, clock }) }
}

/** A small generator of the same numbers each time (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

async function counted({ db }: Bench) {
  const { rows } = await sql`
    select project, id,
      (select json_object_agg(state, n) from (
        select state, count(*) as n from items i where i.project = j.project and i.job = j.id group by state order by state) s)::text as items,
      (select coalesce(sum(targets), 0) from items i where i.project = j.project and i.job = j.id)::integer as targets,
      (select count(*) from items i where i.project = j.project and i.job = j.id and i.state = 'done' and i.targets = 0)::integer as without,
      (select coalesce(sum(forwards), 0) from explanations e where e.project = j.project and exists (
        select from item_explanations l where l.project = e.project and l.explanation = e.id and l.job = j.id))::integer as forwards
    from jobs j order by project, id`.execute(db)
  return rows
}

async function kept({ db }: Bench) {
  const { rows } = await sql<{ project: string; id: string; counts: Record<string, number> }>`
    select j.project, j.id, (select row_to_json(s) from (
      select coalesce(sum(cancelled), 0)::int as cancelled, coalesce(sum(done), 0)::int as done, coalesce(sum(failed), 0)::int as failed,
        coalesce(sum(open), 0)::int as open, coalesce(sum(waiting), 0)::int as waiting, coalesce(sum(targets), 0)::int as targets,
        coalesce(sum(without_targets), 0)::int as without, coalesce(sum(ended_forwards), 0)::int as forwards
      from job_counts c where c.project = j.project and c.job = j.id) s) as counts
    from jobs j order by project, id`.execute(db)
  return rows.map(({ project, id, counts: { targets, without, forwards, ...items } }) => {
    const some = Object.fromEntries(Object.entries(items).filter(([, count]) => count !== 0))
    const text = Object.keys(some).length === 0 ? null : some
    return { project, id, items: text, targets, without, forwards }
  })
}

/** Whatever a store may be told about few photos that two projects' jobs share. */
async function anyStep({ db, store }: Bench, random: (below: number) => number): Promise<void> {
  const project = `p${random(2)}`
  const job = `j${random(3)}`
  const explanation = async () => {
    const { rows } = await sql<{ id: string }>`
      select id from explanations where project = ${project} order by id offset ${random(6)} limit 1`.execute(db)
    return rows[0]?.id
  }
  const steps: (() => Promise<unknown>)[] = [
    () => store.createJob({ project, id: job, name: job, spec: { ...jobSpec, seed: 1 + random(2) } }),
    async () => {
      if (!(await store.getJob(project, job))) return
      const items = Array.from({ length: 1 + random(4) }, () => {
        const id = sha256(`${random(12)}`)
        const failure: Failure = { code: 'IMAGE_UNREADABLE', message: 'x' }
        return random(6) === 0
          ? { id, name: id, failure, slice: {} }
          : { id, name: id, image: image(`${random(4)}`), slice: {} }
      })
      await store.addItems(project, job, items)
    },
    async () => {
      await store.renewLease('me', 1_000)
      for (const claim of await store.claimItems('me', 1 + random(4)))
        await store.openExplanation(claim, explanationOf(claim))
    },
    async () => {
      for (const claim of await store.heldItems('me')) await store.openExplanation(claim, explanationOf(claim))
    },
    async () => {
      const id = await explanation()
      if (id) await store.endExplanation(project, id, { ok: true, result: resultOf(id, random(3), random(50)) })
    },
    async () => {
      const id = await explanation()
      const code = random(2) === 0 ? 'WORKER_CRASHED' : 'IMAGE_UNREADABLE'
      if (id) await store.endExplanation(project, id, { ok: false, failure: { code, message: 'x' } })
    },
    () =>
      store.changeJob(
        project,
        job,
        (['pause', 'resume', 'resume', 'cancel'] as const)[random(20) === 0 ? 3 : random(3)]!,
      ),
    async () => (await store.getJob(project, job)) && store.sealJob(project, job),
    () => store.reopenFailed(project, job),
    () => store.releaseExpired({ everyone: random(2) === 0 }),
    async () => random(4) === 0 && store.forgetImage(project, image(`${random(4)}`).sha256),
    async () => random(10) === 0 && store.forgetJob(project, job),
    async () => random(10) === 0 && store.collectGarbage(0),
    () => foldCounts(db),
  ]
  await steps[random(steps.length)]!()
}

test('the counts of a job are those of its rows, whatever happens', async (t) => {
  const bench = await emptyStore(t)
  const random = randomOf(7)
  const seen = { done: 0, failed: 0, forwards: 0 }
  for (let step = 0; step < 700; step++) {
    await anyStep(bench, random)
    if (step % 5 > 0) continue
    const [expected, actual] = [await counted(bench), await kept(bench)]
    const parsed = (expected as { items: string | null }[]).map((row) => ({
      ...row,
      items: row.items === null ? null : JSON.parse(row.items),
    }))
    assert.deepEqual(actual, parsed, `step ${step}`)
    for (const { items, forwards } of actual) {
      seen.done += items?.done ? 1 : 0
      seen.failed += items?.failed ? 1 : 0
      seen.forwards += forwards ? 1 : 0
    }
  }
  assert.ok(seen.done > 20 && seen.failed > 20 && seen.forwards > 20, JSON.stringify(seen))
  const { rows } =
    await sql`select from job_counts c where not exists (select from jobs j where j.project = c.project and j.id = c.job)`.execute(
      bench.db,
    )
  assert.equal(rows.length, 0)
})

test('many counts become one row a job, and stay what they are', async (t) => {
  const { db, store } = await emptyStore(t)
  for (const id of ['a', 'b']) await store.createJob({ project: P, id, name: id, spec: jobSpec })
  for (let i = 0; i < 100; i++)
    await store.addItems(P, 'a', [{ id: sha256(`${i}`), name: `${i}`, image: image(`${i}`), slice: {} }])
  await store.addItems(P, 'b', [{ id: sha256('b'), name: 'b', image: image('b'), slice: {} }])
  const before = [await store.getJob(P, 'a'), await store.getJob(P, 'b')]
  await foldCounts(db)
  assert.deepEqual([await store.getJob(P, 'a'), await store.getJob(P, 'b')], before)
  const { rows } = await sql<{
    job: string
    n: number
  }>`select job, count(*)::int as n from job_counts group by job order by job`.execute(db)
  assert.deepEqual(rows, [
    { job: 'a', n: 1 },
    { job: 'b', n: 1 },
  ])
})

async function openAnswered({ store }: Bench, job: string, name: string): Promise<{ claim: ClaimedItem; id: string }> {
  await store.createJob({ project: P, id: job, name: job, spec: jobSpec })
  await store.addItems(P, job, [{ id: sha256(`${job} ${name}`), name, image: image(name), slice: {} }])
  await store.renewLease('me', 1_000_000)
  const [claim] = await store.claimItems('me', 1)
  const explanation = explanationOf(claim!)
  await store.openExplanation(claim!, explanation)
  await ask(store, explanation.id)
  await store.storeAnswer(refOf(explanation.id, 0), answerOf('A'.repeat(5_000)), { forwards: 1, durationMs: 1 })
  return { claim: claim!, id: explanation.id }
}

const refOf = (explanation: string, shard: number) => ({
  project: P,
  explanation,
  ordinal: 0,
  shard,
  hash: hashOf({ kind: 'detect', minScore: 0.3, maxDetections: 10 }),
  from: shard,
  to: shard + 1,
})
const answerOf = (values: string) => ({ ok: true, answer: { kind: 'score', values }, executionClass: 'cpu' }) as const

function ask(store: Store, explanation: string) {
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  return store.askQuestion({
    project: P,
    explanation,
    ordinal: 0,
    hash: hashOf(question),
    question,
    plan: [0, 1, 2],
    messages: () => [],
  })
}

async function sizes({ db }: Bench): Promise<number[]> {
  const { rows } = await sql<{ rows: number }>`
    select (select count(*) from shards s where s.slot = n.slot)::int as rows from generate_series(0, 3) n (slot) order by n.slot`.execute(
    db,
  )
  return rows.map(({ rows }) => rows)
}

test('answers of ended explanations are not seen, and their partition is emptied as a whole', async (t) => {
  const bench = await emptyStore(t)
  const { db, store } = bench
  await sql`update answer_slots set current = 0`.execute(db)
  const first = await openAnswered(bench, 'a', 'x')
  await rotateAnswers(db, 0)
  const second = await openAnswered(bench, 'a', 'y')
  assert.deepEqual(await sizes(bench), [2, 2, 0, 0])
  await store.endExplanation(P, first.id, { ok: true, result: resultOf(first.id, 1, 1) })
  assert.deepEqual((await store.readExplanation(P, first.id))?.questions, [])
  assert.deepEqual(await store.startShard(refOf(first.id, 1)), { do: 'skip' })
  const late = await store.storeAnswer(refOf(first.id, 1), answerOf('B'), { forwards: 1, durationMs: 1 })
  assert.deepEqual(late, { complete: false, outbox: [] })
  await rotateAnswers(db, Number.MAX_SAFE_INTEGER)
  assert.deepEqual(await sizes(bench), [0, 2, 0, 0])
  assert.equal((await store.readExplanation(P, second.id))?.questions[0]?.answers.length, 2)
})

test('what stays open is taken along to another partition with its answers', async (t) => {
  const bench = await emptyStore(t)
  const { db, store } = bench
  await sql`update answer_slots set current = 0`.execute(db)
  const { id } = await openAnswered(bench, 'paused', 'x')
  const before = await store.readExplanation(P, id)
  for (let turn = 0; turn < 9; turn++) {
    await rotateAnswers(db, 0)
    await openAnswered(bench, `job ${turn}`, `y${turn}`).then((other) =>
      store.endExplanation(P, other.id, { ok: true, result: resultOf(other.id, 1, 1) }),
    )
  }
  assert.deepEqual(await store.readExplanation(P, id), before)
  const { complete } = await store.storeAnswer(refOf(id, 1), answerOf('B'), { forwards: 1, durationMs: 1 })
  assert.equal(complete, true)
  assert.ok((await sizes(bench)).reduce((sum, rows) => sum + rows) <= 8)
})

test('an explanation that is opened anew does not see what it was answered before', async (t) => {
  const bench = await emptyStore(t)
  const { claim, id } = await openAnswered(bench, 'a', 'x')
  await bench.store.endExplanation(P, id, { ok: false, failure: { code: 'WORKER_CRASHED', message: 'x' } })
  assert.equal((await bench.store.reopenFailed(P, 'a')).items, 1)
  await bench.store.claimItems('me', 1)
  await bench.store.openExplanation(claim, explanationOf(claim))
  assert.deepEqual((await bench.store.readExplanation(P, id))?.questions, [])
  await ask(bench.store, id)
  assert.deepEqual((await bench.store.readExplanation(P, id))?.questions[0]?.answers, [undefined, undefined])
})

test('what cannot be counted does not hide what can', async (t) => {
  const bench = await emptyStore(t)
  const ids: string[] = []
  for (let i = 0; i < 6; i++) {
    const { id } = await openAnswered(bench, 'a', `${i}`)
    await bench.store.endExplanation(P, id, { ok: true, result: resultOf(id, 1, 1) })
    ids.push(id)
  }
  const offered = new Set<string>()
  for (let turn = 0; turn < 3; turn++)
    for (const { explanation } of await bench.store.uncounted(0, 2)) offered.add(explanation)
  assert.deepEqual([...offered].sort(), ids.sort())
  assert.equal((await bench.store.uncounted(0, 2)).length, 2)
})
