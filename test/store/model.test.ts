import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Clock, isFanlightError, type OutboxMessage, type Store } from '@fanlight/ports'
import { openStore } from '@fanlight/store'
import { memoryStore } from '@fanlight/store-memory'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { cleanUp, look, type Move, nextMove, type Scene, setUp } from './moves.ts'

const HISTORIES = Number(process.env.FANLIGHT_STORE_HISTORIES ?? 15)
const MOVES = 120

/** What a call gave: ids of messages differ, and their order within a call is nobody's business. */
async function answerOf(store: Store, move: Move): Promise<unknown> {
  try {
    const answer = (await move(store)) as { outbox?: readonly OutboxMessage[] } | undefined
    if (!answer?.outbox) return answer
    return { ...answer, outbox: answer.outbox.map(({ topic, body }) => `${topic} ${body}`).sort() }
  } catch (error) {
    return isFanlightError(error) ? error.code : Promise.reject(error)
  }
}

test('any history of calls gives the same on the database as on the model in memory', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-model-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  let now = 1_000_000
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error('the store waits for nobody')) }
  await using database = await openStore({ folder, clock })
  for (let seed = 0; seed < HISTORIES; seed++) {
    await using model = memoryStore({ clock })
    const random = xoroshiro128plus(seed)
    const draw = (limit: number) => Math.floor(((random.next() >>> 0) / 2 ** 32) * limit)
    const scene: Scene = { project: `history-${seed}`, draw, now, claims: [], opened: [], letters: [] }
    const made: string[] = []
    for (const store of [model, database]) await setUp(store, scene)
    for (let count = 0; count < MOVES; count++) {
      now += draw(1_500)
      scene.now = now
      const { name, move, settled } = nextMove(scene)
      made.push(name)
      const expected = await answerOf(model, move)
      const said = `seed ${seed}, after ${made.join(' ')}`
      assert.deepEqual(await answerOf(database, move), expected, said)
      settled?.(expected)
      if (count % 8 === 7) assert.deepEqual(await look(database, scene), await look(model, scene), said)
    }
    await cleanUp(database, scene)
    // Leases of this history are none of the next one's.
    now += 20_000
  }
})
