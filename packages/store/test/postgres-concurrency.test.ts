import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { hashOf, sha256 } from '@fanlight/contracts'
import { type ClaimedItem, type Store, systemClock } from '@fanlight/ports'
import { openDatabase, openPostgres } from '@fanlight/store'
import { PostgresDialect } from 'kysely'
import { rotateAnswers } from '../src/answer-slots.ts'
import { foldCounts } from '../src/job-counts.ts'
import { openPool } from '../src/postgres-pool.ts'
import { type TestServer, testServer } from './postgres-database.ts'
import { explanationOf, image, jobSpec, resultOf } from './writing.ts'

const P = 'local'
const MEASURED = { forwards: 1, durationMs: 1 }
const server = await testServer()

if ('missing' in server) test('PostgreSQL, by many at once', (t) => t.skip(server.missing))
else {
  after(() => server[Symbol.asyncDispose]())
  suite('PostgreSQL, by many at once', { timeout: 60_000 }, () => tests(server))
}

async function filled(store: Store, count: number): Promise<void> {
  await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
  const items = Array.from({ length: count }, (_, i) => ({
    id: sha256(`${i}`),
    name: `${i}`,
    image: image(`${i}`),
    slice: {},
  }))
  await store.addItems(P, 'a', items)
}

async function opened(store: Store, plan: readonly number[]): Promise<{ claim: ClaimedItem; id: string }> {
  await store.renewLease('me', 60_000)
  const [claim] = await store.claimItems('me', 1)
  const explanation = explanationOf(claim!)
  await store.openExplanation(claim!, explanation)
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  await store.askQuestion({
    project: P,
    explanation: explanation.id,
    ordinal: 0,
    hash: hashOf(question),
    question,
    plan,
    messages: () => [],
  })
  return { claim: claim!, id: explanation.id }
}

const answer = { ok: true, answer: { kind: 'score', values: 'A'.repeat(3_000) }, executionClass: 'cpu' } as const
/** Of a plan whose shards are one forward each. */
const refOf = (explanation: string, shard: number) => ({
  project: P,
  explanation,
  ordinal: 0,
  shard,
  hash: hashOf({ kind: 'detect', minScore: 0.3, maxDetections: 10 }),
  from: shard,
  to: shard + 1,
})
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

function tests({ create }: TestServer): void {
  test('eight that claim get each of 2,000 items once', async () => {
    const url = await create()
    const stores = await Promise.all(upTo(2).map(() => openPostgres({ url, maxConnections: 4 })))
    await filled(stores[0]!, 2_000)
    const claimed: string[] = []
    await Promise.all(
      upTo(8).map(async (i) => {
        const store = stores[i % 2]!
        await store.renewLease(`owner ${i}`, 60_000)
        // Those that others were about to take are passed by: to find none is not yet the end.
        for (let none = 0; none < 3; ) {
          const claims = await store.claimItems(`owner ${i}`, 20)
          claimed.push(...claims.map(({ item }) => item))
          none = claims.length === 0 ? none + 1 : 0
        }
      }),
    )
    claimed.push(...(await stores[0]!.claimItems('owner 0', 2_000)).map(({ item }) => item))
    assert.equal(claimed.length, 2_000)
    assert.equal(new Set(claimed).size, 2_000)
    const { items } = (await stores[0]!.getJob(P, 'a'))!
    assert.deepEqual([items.waiting, items.open], [0, 2_000])
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  test('of eight last answers that arrive together one completes the question', async () => {
    await using store = await openPostgres({ url: await create() })
    await filled(store, 20)
    for (const _ of upTo(20)) {
      const { id } = await opened(store, upTo(9))
      const stored = await Promise.all(upTo(8).map((shard) => store.storeAnswer(refOf(id, shard), answer, MEASURED)))
      assert.deepEqual(stored.map(({ complete }) => complete).filter(Boolean), [true])
      assert.equal(stored.flatMap(({ outbox }) => outbox).length, 1)
      assert.equal((await store.readExplanation(P, id))?.questions[0]?.complete, true)
    }
  })

  test('a target that eight count at once is counted once, and no two wait for each other', async () => {
    await using store = await openPostgres({ url: await create() })
    await filled(store, 1)
    const { claim, id } = await opened(store, [0, 1])
    const targets = upTo(6).map((i) => ({
      target: `t${i}`,
      method: 'm',
      aggregates: [
        { key: `k${i % 3}`, sums: [1n, 2n ** 80n] },
        { key: 'all', sums: [1n] },
      ],
    }))
    await Promise.all(
      upTo(8).map((i) => store.countTargets(P, 'a', claim.item, id, i % 2 === 0 ? targets : targets.toReversed())),
    )
    assert.equal(await store.countedTargets(P, 'a'), 6)
    const rows = await store.listAggregates(P, 'a')
    assert.deepEqual(
      rows.map(({ key, targets, sums }) => [key, targets, sums[0]]),
      [
        ['all', 6, 6n],
        ['k0', 2, 2n],
        ['k1', 2, 2n],
        ['k2', 2, 2n],
      ],
    )
  })

  test('whole lives beside upkeep: nothing is lost, and counts are exact', async () => {
    const url = await create()
    await using store = await openPostgres({ url })
    const db = await openDatabase(
      new PostgresDialect({
        pool: openPool(url, { maxConnections: 2, statementTimeoutMs: 0, lockTimeoutMs: 0, applicationName: 'upkeep' }),
      }),
    )
    await filled(store, 48)
    let over = false
    let rotations = 0
    const upkeep = (async () => {
      while (!over) {
        await foldCounts(db)
        // Partitions that are in use by others at the moment are left for another time.
        await rotateAnswers(db, 0).then(
          () => {
            rotations += 1
          },
          (error: { code?: string }) => assert.equal(error.code, '55P03'),
        )
        await systemClock.sleep(30)
      }
    })()
    const live = async (i: number) => {
      const owner = `owner ${i}`
      await store.renewLease(owner, 60_000)
      for (;;) {
        const [claim] = await store.claimItems(owner, 1)
        if (!claim) return
        const explanation = explanationOf(claim)
        await store.openExplanation(claim, explanation)
        const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
        await store.askQuestion({
          project: P,
          explanation: explanation.id,
          ordinal: 0,
          hash: hashOf(question),
          question,
          plan: upTo(5),
          messages: () => [],
        })
        const stored = await Promise.all(
          upTo(4).map(async (shard) => {
            assert.equal((await store.startShard(refOf(explanation.id, shard))).do, 'work')
            return store.storeAnswer(refOf(explanation.id, shard), answer, MEASURED)
          }),
        )
        assert.equal(stored.filter(({ complete }) => complete).length, 1)
        const [asked] = (await store.readExplanation(P, explanation.id))!.questions
        assert.equal(asked?.answers.filter(Boolean).length, 4)
        await store.endExplanation(P, explanation.id, { ok: true, result: resultOf(explanation.id, 1, 4) })
      }
    }
    await Promise.all(upTo(6).map(live)).finally(() => {
      over = true
    })
    await upkeep
    for (const owner of upTo(6)) await live(owner)
    const job = (await store.getJob(P, 'a'))!
    assert.deepEqual([job.items.done, job.targets, job.endedForwards, job.openForwards.asked], [48, 48, 192, 0])
    assert.ok(rotations > 3, `${rotations} rotations`)
    await db.destroy()
  })
}
