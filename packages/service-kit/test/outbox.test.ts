import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBus } from '@fanlight/bus-memory'
import { MAX_BODY_BYTES, type OutboxMessage, type Store } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'

function openStage() {
  const marked: string[] = []
  // Of the store only this is used.
  const store = { markSent: async (ids: readonly string[]) => void marked.push(...ids) } as unknown as Store
  return { bus: memoryBus(), store, marked }
}

const message = (id: string, bytes = 2): OutboxMessage => ({ id, topic: 't', key: id, body: 'x'.repeat(bytes) })

test('a message that no bus will take holds up no other, and is not kept for another try', {
  timeout: 10_000,
}, async () => {
  const { bus, store, marked } = openStage()
  await using _bus = bus
  const outbox = [message('1'), message('2', MAX_BODY_BYTES + 1), message('3')]
  await assert.rejects(sendOutbox({ bus, store }, { outbox }), { code: 'MESSAGE_TOO_LARGE' })
  const keys: string[] = []
  const both = Promise.withResolvers<void>()
  await bus.subscribe({ topics: ['t'], group: 'g' }, async ({ key }) => {
    keys.push(key)
    if (keys.length === 2) both.resolve()
  })
  await both.promise
  assert.deepEqual(
    [keys.sort(), marked],
    [
      ['1', '3'],
      ['1', '2', '3'],
    ],
  )
})

test('what a bus that is away did not take stays to be sent', async () => {
  const { bus, store, marked } = openStage()
  await bus[Symbol.asyncDispose]()
  await assert.rejects(sendOutbox({ bus, store }, { outbox: [message('1'), message('2')] }), { code: 'BUS_CLOSED' })
  assert.deepEqual(marked, [])
})
