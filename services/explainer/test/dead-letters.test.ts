import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBus } from '@fanlight/bus-memory'
import { deadLetter, LEFT_OUT, systemClock } from '@fanlight/ports'
import { memoryStore } from '@fanlight/store-memory'
import { startDeadLetters } from '../src/dead-letters.ts'

const error = new Error('no JSON')

test('letters of other programs are told apart by key, body, and what they left out', { timeout: 10_000 }, async () => {
  const [bus, store] = [memoryBus(), memoryStore({ clock: systemClock })]
  await using _letters = await startDeadLetters({ bus, store, clock: systemClock })
  const message = (key: string, text: string, headers: Record<string, string> = {}) =>
    deadLetter({ topic: 'answers', key, body: Buffer.from(text), headers }, error, 1)
  const distinct = [
    message('a', 'x'),
    message('b', 'x'),
    message('a', 'y'),
    message('a', '', { [LEFT_OUT]: 'a body of 1 bytes' }),
    message('a', '', { [LEFT_OUT]: 'a body of 2 bytes' }),
  ]
  await bus.publish([...distinct, distinct[0]!])
  let rows = 0
  while (rows < distinct.length) {
    rows = (await store.listDeadLetters({ limit: 100 })).rows.length
    await systemClock.sleep(5)
  }
  await systemClock.sleep(50)
  assert.equal((await store.listDeadLetters({ limit: 100 })).rows.length, distinct.length)
})
