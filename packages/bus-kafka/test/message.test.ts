import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { batches, incoming } from '../src/message.ts'
import { groupIdOf, parseGroupId } from '../src/names.ts'

const record = { timestamp: '0', attributes: 0, offset: '0' }

suite('messages on Kafka', () => {
  test('a batch stays below a megabyte, in order, and one message is never cut', () => {
    const sizes = [900_000, 50_000, 60_000, 1, 899_000, 1]
    const messages = sizes.map((size, index) => ({ topic: 't', key: String(index), body: new Uint8Array(size) }))
    const cut = [...batches(messages)].map((batch) => batch.map(({ key }) => key).join(''))
    assert.deepEqual(cut, ['01', '2345'])
  })

  test('headers and keys count', () => {
    const messages = ['a', 'b'].map((key) => ({
      topic: 't',
      key: key.repeat(300_000),
      body: new Uint8Array(1),
      headers: { note: 'é'.repeat(150_000) },
    }))
    assert.equal([...batches(messages)].length, 2)
  })

  test('a record of somebody else is read as far as it goes', () => {
    const headers = { once: Buffer.from('1'), twice: [Buffer.from('2'), Buffer.from('3')], text: 'x', none: undefined }
    const read = incoming('t', { ...record, key: null, value: null, headers })
    assert.deepEqual(read, {
      topic: 't',
      key: '',
      body: new Uint8Array(0),
      headers: { once: '1', twice: '3', text: 'x', none: '' },
    })
  })
})

suite('group ids', () => {
  test('tell their group and topic again, and belong to one prefix', () => {
    const id = groupIdOf('fanlight.', 'a:b', 'questions.live.dead')
    assert.deepEqual(parseGroupId('fanlight.', id), { group: 'a:b', topic: 'questions.live.dead' })
    assert.equal(parseGroupId('other.', id), undefined)
    assert.equal(parseGroupId('fanlight.', 'fanlight.stranger'), undefined)
    assert.equal(parseGroupId('a:prefix.', 'a:prefix.stranger'), undefined)
  })
})
