import assert from 'node:assert/strict'
import { sha256 } from '@fanlight/contracts'
import type { Clause } from '../store.ts'
import {
  ask,
  bad,
  bodies,
  claimOne,
  endWell,
  good,
  MEASURED,
  openOne,
  P,
  ref,
  scoreQuestion,
  startJob,
  storeGood,
  topics,
} from './scene.ts'

export function questionClauses(clause: Clause): void {
  clause('S49 knows no shard of another question, or of another cut', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const known = ref(explanation.id, 1)
    const strangers = [
      { ...known, hash: sha256('another question') },
      { ...known, from: known.from + 1 },
      { ...known, to: known.to + 1 },
    ]
    for (const stranger of strangers) {
      assert.deepEqual(await stage.store.startShard(stranger), { do: 'skip' })
      await stage.store.recordAttemptFailure(stranger, { code: 'WORKER_CRASHED', message: 'not of this cut' })
      await stage.store.abandonShard(stranger)
      const stored = await stage.store.storeAnswer(stranger, good(7), MEASURED)
      assert.deepEqual(stored, { complete: false, outbox: [] })
      const failed = { ok: false, failure: { code: 'IMAGE_UNREADABLE', message: 'not of this cut' } } as const
      assert.deepEqual(await stage.store.storeAnswer(stranger, failed, MEASURED), { complete: false, outbox: [] })
    }
    const history = await stage.store.readExplanation(P, explanation.id)
    assert.deepEqual([history?.failure, history?.questions[0]?.answers.filter(Boolean)], [undefined, []])
    assert.deepEqual(await stage.store.startShard(known), { do: 'work', attempt: 1, failures: [] })
  })

  clause('S21 stores a question and its plan once', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    const first = await ask(stage, explanation.id)
    assert.deepEqual([first.plan, first.asked], [[0, 10, 20, 30], [{ plan: [0, 10, 20, 30], missing: [0, 1, 2] }]])
    assert.deepEqual(
      first.outbox.map(({ topic, key, body }) => [topic, key, body]),
      [
        ['questions.bulk', '0/0', '{"shard":0}'],
        ['questions.bulk', '0/1', '{"shard":1}'],
        ['questions.bulk', '0/2', '{"shard":2}'],
      ],
    )
    await storeGood(stage, explanation.id, 1)
    const second = await ask(stage, explanation.id, { size: 15 })
    assert.deepEqual([second.plan, second.asked], [[0, 10, 20, 30], [{ plan: [0, 10, 20, 30], missing: [0, 2] }]])
    await ask(stage, explanation.id, { ordinal: 1, question: { kind: 'detect', minScore: 0.3, maxDetections: 9 } })
    const history = await stage.store.readExplanation(P, explanation.id)
    assert.deepEqual(
      history?.questions.map(({ ordinal, question, plan }) => [ordinal, question, plan]),
      [
        [0, scoreQuestion(30), [0, 10, 20, 30]],
        [1, { kind: 'detect', minScore: 0.3, maxDetections: 9 }, [0, 1]],
      ],
    )
  })

  clause('S21 refuses another question in the place of one that was asked', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const other = ask(stage, explanation.id, { question: scoreQuestion(30, 2) })
    await assert.rejects(other, { code: 'TRANSCRIPT_MISMATCH', retry: 'never' })
  })

  clause('S21 stores one of two plans that come at the same moment', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    const sizes = [10, 7, 15, 3]
    const asked = await Promise.all(sizes.map((size) => ask(stage, explanation.id, { size })))
    const [plan] = asked.map((each) => each.plan)
    for (const each of asked) assert.deepEqual([each.plan, each.asked.map((call) => call.plan)], [plan, [plan]])
  })

  clause('S22 stores no question of an explanation that has ended or is not there', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await endWell(stage, explanation.id)
    for (const id of [explanation.id, sha256('nothing')]) {
      const { plan, outbox } = await ask(stage, id)
      assert.deepEqual([plan, outbox], [[0, 10, 20, 30], []])
    }
    assert.deepEqual((await stage.store.readExplanation(P, explanation.id))?.questions, [])
  })

  clause('S23 counts attempts before the work', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const shard = ref(explanation.id, 1)
    const failure = { code: 'WORKER_CRASHED', message: 'signal 11' }
    assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 1, failures: [] })
    assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 2, failures: [] })
    await store.recordAttemptFailure(shard, failure)
    assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 3, failures: [failure] })
    assert.deepEqual(await store.startShard(ref(explanation.id, 0)), { do: 'work', attempt: 1, failures: [] })
  })

  clause('S23 skips a shard that is answered, was never asked, or that nobody wants', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    assert.deepEqual(await store.startShard(ref(explanation.id, 0)), { do: 'skip' })
    await ask(stage, explanation.id)
    await storeGood(stage, explanation.id, 0)
    await store.storeAnswer(ref(explanation.id, 1), bad('broken'), MEASURED)
    const skipped = [
      ref(explanation.id, 0),
      ref(explanation.id, 1),
      ref(explanation.id, 3),
      ref(explanation.id, 0, 1),
      ref(sha256('?'), 0),
    ]
    for (const shard of skipped) assert.deepEqual(await store.startShard(shard), { do: 'skip' })
    await store.releaseExpired({ everyone: true })
    assert.deepEqual(await store.startShard(ref(explanation.id, 2)), { do: 'skip' })
    await claimOne(stage)
    assert.equal((await store.startShard(ref(explanation.id, 2))).do, 'work')
    await store.changeJob(P, claimed.job, 'cancel')
    assert.deepEqual(await store.startShard(ref(explanation.id, 2)), { do: 'skip' })
  })

  clause('S24 keeps no more failures than there were attempts', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const failures = ['one', 'two'].map((message) => ({ code: 'WORKER_TIMEOUT', message }))
    for (const failure of failures) {
      await store.startShard(ref(explanation.id, 0))
      for (let repeat = 0; repeat < 3; repeat++) await store.recordAttemptFailure(ref(explanation.id, 0), failure)
    }
    assert.deepEqual(await store.startShard(ref(explanation.id, 0)), { do: 'work', attempt: 3, failures })
    await store.recordAttemptFailure(ref(explanation.id, 9), failures[0]!)
  })

  clause('S24 takes an attempt back that was given up, but none that failed', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const shard = ref(explanation.id, 0)
    for (let stop = 0; stop < 6; stop++) {
      assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 1, failures: [] })
      await store.abandonShard(shard)
    }
    await store.abandonShard(shard)
    const failure = { code: 'WORKER_TIMEOUT', message: 'too slow' }
    assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 1, failures: [] })
    await store.recordAttemptFailure(shard, failure)
    await store.abandonShard(shard)
    assert.deepEqual(await store.startShard(shard), { do: 'work', attempt: 2, failures: [failure] })
    assert.deepEqual(await store.startShard(ref(explanation.id, 1)), { do: 'work', attempt: 1, failures: [] })
    await storeGood(stage, explanation.id, 0)
    for (const other of [shard, ref(explanation.id, 9), ref(sha256('?'), 0)]) await store.abandonShard(other)
    assert.deepEqual(await store.startShard(shard), { do: 'skip' })
  })

  clause('S25 keeps the first answer and completes with the last', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    assert.deepEqual(await storeGood(stage, explanation.id, 1), { complete: false, outbox: [] })
    assert.deepEqual(await storeGood(stage, explanation.id, 1, 99), { complete: false, outbox: [] })
    await store.storeAnswer(ref(explanation.id, 0), good(0, 'gpu'), { forwards: 3, durationMs: 0.25 })
    const last = await storeGood(stage, explanation.id, 2)
    assert.deepEqual([last.complete, topics(last)], [true, ['explanations.ready']])
    assert.deepEqual(bodies(last, 'explanations.ready'), [{ version: 1, project: P, explanation: explanation.id }])
    const late = await storeGood(stage, explanation.id, 0, 99)
    assert.deepEqual([late.complete, topics(late)], [true, ['explanations.ready']])
    const lateFailure = await store.storeAnswer(ref(explanation.id, 0), bad('too late'), MEASURED)
    assert.deepEqual([lateFailure.complete, topics(lateFailure)], [true, ['explanations.ready']])
    const history = await store.readExplanation(P, explanation.id)
    const [question] = history!.questions
    assert.deepEqual(
      question?.answers,
      [0, 1, 2].map((value) => (good(value) as { answer: unknown }).answer),
    )
    assert.deepEqual([question?.complete, question?.executionClass], [true, 'cpu'])
    assert.deepEqual(question?.measured, { forwards: 23, durationMs: 10.25 })
    assert.equal(history?.failure, undefined)
  })

  clause('S25 completes once all answers are in, however they cross', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    // Each answer comes once: if the last two did not see each other, nothing would complete the question.
    for (let ordinal = 0; ordinal < 10; ordinal++) {
      await ask(stage, explanation.id, { ordinal, size: 10 })
      const stored = await Promise.all(
        [2, 0, 1].map((shard) => stage.store.storeAnswer(ref(explanation.id, shard, ordinal), good(shard), MEASURED)),
      )
      assert.equal(stored.filter(({ complete, outbox }) => complete && outbox.length === 1).length, 1)
    }
    await ask(stage, explanation.id, { ordinal: 10, size: 1 })
    const shards = Array.from({ length: 90 }, (_, i) => (i * 7) % 30)
    await Promise.all(
      shards.map((shard) => stage.store.storeAnswer(ref(explanation.id, shard, 10), good(shard), MEASURED)),
    )
    const { questions } = (await stage.store.readExplanation(P, explanation.id))!
    assert.ok(questions.every(({ complete }) => complete))
    assert.equal(questions.at(-1)?.measured.forwards, 30 * MEASURED.forwards)
  })

  clause('S26 keeps a failure as the outcome of its shard', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    const failed = await store.storeAnswer(ref(explanation.id, 2), bad('first'), MEASURED)
    assert.deepEqual([failed.complete, topics(failed)], [false, ['explanations.ready']])
    await store.storeAnswer(ref(explanation.id, 0), bad('second'), MEASURED)
    const late = await storeGood(stage, explanation.id, 2)
    assert.deepEqual([late.complete, topics(late)], [false, ['explanations.ready']])
    assert.deepEqual(await storeGood(stage, explanation.id, 1), { complete: false, outbox: [] })
    const history = await store.readExplanation(P, explanation.id)
    assert.deepEqual([history?.state, history?.failure], ['open', { code: 'WORKER_CRASHED', message: 'first' }])
    assert.deepEqual(
      history?.questions[0]?.answers.map((answer) => answer !== undefined),
      [false, true, false],
    )
    assert.equal(history?.questions[0]?.complete, false)
    const { asked, outbox } = await ask(stage, explanation.id)
    assert.deepEqual([asked[0]?.missing, outbox], [[], []])
  })

  clause('S27 forgets answers that nobody asked for', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    const nothing = { complete: false, outbox: [] }
    assert.deepEqual(await storeGood(stage, explanation.id, 0), nothing)
    await ask(stage, explanation.id)
    for (const shard of [3, 1e9]) assert.deepEqual(await storeGood(stage, explanation.id, shard), nothing)
    assert.deepEqual(await store.storeAnswer(ref(explanation.id, 0, 1), bad('x'), MEASURED), nothing)
    await endWell(stage, explanation.id)
    assert.deepEqual(await storeGood(stage, explanation.id, 0), nothing)
    assert.deepEqual(await store.storeAnswer(ref(explanation.id, 0), bad('x'), MEASURED), nothing)
    assert.deepEqual(await storeGood(stage, sha256('nothing'), 0), nothing)
    assert.equal((await store.readExplanation(P, explanation.id))?.failure, undefined)
  })
}
