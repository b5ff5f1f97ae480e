import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { inOrder } from '../src/in-order.ts'

suite('work in order', () => {
  test('gives results in the order of the items, though later ones are ready sooner', async () => {
    let [running, most, drawn] = [0, 0, 0]
    async function* items() {
      for (let item = 0; item < 20; item++) {
        drawn++
        yield item
      }
    }
    const results: number[] = []
    const work = async (item: number) => {
      most = Math.max(most, ++running)
      for (let turns = 0; turns < 20 - item; turns++) await turn()
      running--
      return item
    }
    for await (const result of inOrder(items(), 4, work)) {
      results.push(result)
      assert.ok(drawn <= result + 5, `${drawn} drawn when ${result} is taken`)
    }
    assert.deepEqual(results, [...Array(20).keys()])
    assert.equal(most, 4)
  })

  test('ends with the failure in its place, aborts the rest, and closes the source', async () => {
    const results: number[] = []
    let [aborted, closed] = [0, false]
    async function* items() {
      try {
        for (let item = 0; ; item++) yield item
      } finally {
        closed = true
      }
    }
    const work = async (item: number, signal: AbortSignal) => {
      if (item < 3) return item
      if (item === 3) throw new Error('the third')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return ++aborted
    }
    await assert.rejects(async () => {
      for await (const result of inOrder(items(), 3, work)) results.push(result)
    }, /the third/)
    assert.deepEqual([results, aborted, closed], [[0, 1, 2], 2, true])
  })
})
