import assert from 'node:assert/strict'
import { LEFT_OUT, type NewDeadLetter } from '@fanlight/ports'
import type { Clause } from '../store.ts'
import {
  ask,
  bad,
  bodies,
  claim,
  endBadly,
  endWell,
  explanationOf,
  image,
  MEASURED,
  openOne,
  P,
  ref,
  type Stage,
  startJob,
  topics,
} from './scene.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** One that nothing but publishing it again helps. */
const letter = (id: string, more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  id,
  topic: 'answers',
  key: 'k\0',
  headers: { 'ce-id': '7.1', 'fanlight-error': 'MESSAGE_INVALID: no', traceparent: '00-1' },
  bodyBase64: base64(`body of ${id}`),
  code: 'MESSAGE_INVALID',
  error: 'no answer\ud800\0',
  attempts: 3,
  at: 1000,
  ...more,
})

const shardLetter = (explanation: string, shard = 0): NewDeadLetter =>
  letter(`of ${explanation} ${shard}`, {
    project: P,
    topic: 'questions.bulk',
    bodyBase64: base64(JSON.stringify({ version: 1, ...ref(explanation, shard) })),
    code: 'SHARD_ATTEMPTS_EXHAUSTED',
  })

const attempt = (message: string) => ({ code: 'WORKER_CRASHED', message })

/** Opens the next item's explanation, of which shard 1 fails in two attempts, or in silence. */
async function failShard(stage: Stage, attempts = ['first', 'second\0']): Promise<string> {
  const { id } = (await openOne(stage)).explanation
  await ask(stage, id)
  for (const message of attempts) {
    await stage.store.startShard(ref(id, 1))
    await stage.store.recordAttemptFailure(ref(id, 1), attempt(message))
  }
  await stage.store.storeAnswer(ref(id, 1), bad('gave up'), MEASURED)
  return id
}

const historyOf = async ({ store }: Stage, given: NewDeadLetter) => {
  await store.recordDeadLetter(given)
  return (await store.getDeadLetter(given.id))?.history.map(({ message }) => message)
}

const replayOf = async ({ store }: Stage, id: string) => {
  const replay = await store.replayDeadLetter(id)
  return replay.replay === 'nothing' ? replay.why : replay
}

export function deadLetterClauses(clause: Clause): void {
  filingClauses(clause)
  replayClauses(clause)
}

function filingClauses(clause: Clause): void {
  clause('S47 files a letter once, whole', async ({ store }) => {
    await store.recordDeadLetter(letter('a'))
    await store.recordDeadLetter(letter('a', { error: 'other' }))
    const filed = { ...letter('a'), history: [], replays: 0, replayedAt: undefined }
    assert.deepEqual(await store.getDeadLetter('a'), filed)
    assert.equal(await store.getDeadLetter('b'), undefined)
    for (const unfit of [letter('\0'), letter('b', { project: 'x\ud800' })])
      await assert.rejects(store.recordDeadLetter(unfit), { code: 'MESSAGE_INVALID' })
  })

  clause('S47 lists letters newest first, without their bodies', async ({ store }) => {
    await store.recordDeadLetter(letter('a', { project: P }))
    await store.recordDeadLetter(letter('b', { at: 5 }))
    await store.recordDeadLetter(letter('c', { project: 'other' }))
    await store.recordDeadLetter(letter('d', { project: P }))
    const { bodyBase64: _, ...row } = (await store.getDeadLetter('d'))!
    const first = await store.listDeadLetters({ limit: 3 })
    assert.deepEqual(first.rows[0], row)
    const rest = await store.listDeadLetters({ limit: 3, after: first.next })
    assert.deepEqual(
      [...first.rows, ...rest.rows].map(({ id }) => id),
      ['d', 'c', 'b', 'a'],
    )
    assert.equal(rest.next, undefined)
    const idsOf = async (project: string | null) =>
      (await store.listDeadLetters({ limit: 9 }, { project })).rows.map(({ id }) => id)
    assert.deepEqual([await idsOf(P), await idsOf('other'), await idsOf(null)], [['d', 'a'], ['c'], ['b']])
    await assert.rejects(store.listDeadLetters({ limit: 3, after: 'x' }), { code: 'USAGE' })
  })

  clause('S47 copies what the attempts of a shard said, before and after its explanation ended', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const id = await failShard(stage)
    assert.deepEqual(await historyOf(stage, shardLetter(id, 1)), ['first', 'second\0'])
    await endBadly(stage, id)
    assert.deepEqual(await historyOf(stage, { ...shardLetter(id, 1), id: 'late' }), ['first', 'second\0'])
    assert.deepEqual(await historyOf(stage, shardLetter(id, 2)), [])
    assert.deepEqual(await historyOf(stage, { ...shardLetter(id, 1), id: 'answer', topic: 'answers' }), [])
    await stage.store.reopenFailed(P, 'a')
    assert.deepEqual(await historyOf(stage, { ...shardLetter(id, 1), id: 'later' }), [])
    assert.equal((await stage.store.getDeadLetter('late'))?.history.length, 2)
  })

  clause('S47 removes letters with the garbage, and with what they asked for', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x'])
    const id = await failShard(stage)
    await store.recordDeadLetter(letter('old', { at: clock.now() }))
    clock.advance(10)
    await store.recordDeadLetter(letter('new', { at: clock.now() }))
    await store.recordDeadLetter({ ...shardLetter(id, 1), at: clock.now() })
    assert.deepEqual(await store.collectGarbage(11), { jobs: 0, explanations: 0, deadLetters: 0 })
    assert.deepEqual(await store.collectGarbage(10), { jobs: 0, explanations: 0, deadLetters: 1 })
    await store.forgetImage('other', image('x').sha256)
    assert.equal((await store.listDeadLetters({ limit: 9 })).rows.length, 2)
    await store.forgetImage(P, image('x').sha256)
    assert.deepEqual(
      (await store.listDeadLetters({ limit: 9 })).rows.map((row) => row.id),
      ['new'],
    )
  })
}

function replayClauses(clause: Clause): void {
  clause('S48 replays nothing of a letter whose contents were left out', async (stage) => {
    await stage.store.recordDeadLetter(letter('a', { headers: { [LEFT_OUT]: 'a body of 7 bytes' }, bodyBase64: '' }))
    assert.match(String(await replayOf(stage, 'a')), /left out a body of 7 bytes/)
    assert.equal((await stage.store.getDeadLetter('a'))?.replays, 0)
  })

  clause('S48 gives a message back as it was, each time as another', async ({ store, clock }) => {
    await store.recordDeadLetter(letter('a'))
    clock.advance(5)
    for (const replays of [1, 2]) {
      const replay = await store.replayDeadLetter('a')
      assert.equal(replay.replay, 'publish')
      const { topic, key, headers, body } = replay.message
      assert.deepEqual([topic, key, Buffer.from(body).toString()], ['answers', 'k\0', 'body of a'])
      assert.deepEqual(headers, { 'ce-id': `7.1/replay-${replays}`, traceparent: '00-1' })
    }
    const filed = await store.getDeadLetter('a')
    assert.deepEqual([filed?.replays, filed?.replayedAt], [2, clock.now()])
    await assert.rejects(store.replayDeadLetter('b'), { code: 'NOT_FOUND', retry: 'never' })
  })

  clause('S48 publishes a question again that cannot be read', async ({ store }) => {
    for (const body of ['{', '{"project":"local","explanation":"short","ordinal":0,"shard":0}']) {
      const garbage = letter(body, { topic: 'questions.live', bodyBase64: base64(body) })
      await store.recordDeadLetter(garbage)
      assert.equal((await store.replayDeadLetter(body)).replay, 'publish')
    }
  })

  clause('S48 opens the failed explanation of a shard anew, for every job that wants it', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'], { seal: true })
    await startJob(stage, 'b', ['x'], { seal: true })
    await startJob(stage, 'paused', ['x'])
    await startJob(stage, 'cancelled', ['x'])
    const [x, ...others] = await claim(stage)
    const y = others.pop()
    await store.openExplanation(y!, explanationOf(y!))
    await endBadly(stage, explanationOf(y!).id)
    const { id } = explanationOf(x!)
    for (const claimed of [x!, ...others]) await store.openExplanation(claimed, explanationOf(claimed))
    await ask(stage, id)
    await store.startShard(ref(id, 1))
    await store.storeAnswer(ref(id, 1), bad('gave up'), MEASURED)
    const given = shardLetter(id, 1)
    await store.recordDeadLetter(given)
    assert.match(String(await replayOf(stage, given.id)), /is open/)
    assert.equal((await store.getDeadLetter(given.id))?.replays, 0)
    await endBadly(stage, id)
    await store.changeJob(P, 'paused', 'pause')
    await store.changeJob(P, 'cancelled', 'cancel')

    const replay = await store.replayDeadLetter(given.id)
    assert.equal(replay.replay, 'reopened')
    assert.deepEqual(topics(replay), ['items.ready', 'items.ready', 'jobs.changed', 'jobs.changed', 'jobs.changed'])
    const ready = bodies(replay, 'items.ready').map(({ job }) => job)
    assert.deepEqual(ready.sort(), ['a', 'b'])
    const states = async (job: string) => [
      (await store.getJob(P, job))?.state,
      ...(await store.listItems(P, job, { limit: 9 })).rows.map(({ state }) => state),
    ]
    assert.deepEqual(await states('a'), ['running', 'waiting', 'failed'])
    assert.deepEqual(await states('b'), ['running', 'waiting'])
    assert.deepEqual(await states('paused'), ['paused', 'waiting'])
    assert.deepEqual(await states('cancelled'), ['cancelled', 'failed'])
    const history = await store.readExplanation(P, id)
    assert.deepEqual([history?.state, history?.failure, history?.questions], ['open', undefined, []])
    assert.match(String(await replayOf(stage, given.id)), /is open/)
    assert.equal((await store.getDeadLetter(given.id))?.replays, 1)

    await claim(stage)
    await ask(stage, id)
    assert.deepEqual(await store.startShard(ref(id, 1)), { do: 'work', attempt: 1, failures: [] })
    await endWell(stage, id)
    assert.deepEqual(await states('a'), ['done', 'done', 'failed'])
    assert.match(String(await replayOf(stage, given.id)), /ended well/)
  })

  clause('S48 opens nothing that nobody wants any more', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const id = await failShard(stage, [])
    await store.recordDeadLetter(shardLetter(id, 1))
    await endBadly(stage, id)
    await store.changeJob(P, 'a', 'cancel')
    assert.match(String(await replayOf(stage, shardLetter(id, 1).id)), /no failed item wants/)
    assert.equal((await store.readExplanation(P, id))?.state, 'failed')
    const gone = shardLetter('f'.repeat(64))
    await store.recordDeadLetter(gone)
    assert.match(String(await replayOf(stage, gone.id)), /is gone/)
  })
}
