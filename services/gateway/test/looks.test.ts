import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Looking, looks } from '../src/looks.ts'

const patient = { seconds: 5, gone: new AbortController().signal }
const hasty = { seconds: 0, gone: new AbortController().signal }

suite('looks', () => {
  test('what several ask for is done once, and then kept with its pictures', async () => {
    const under = looks()
    let works = 0
    const work = async ({ keep }: Looking) => {
      works += 1
      await pause(20)
      return keep(Uint8Array.of(1, 2, 3))
    }
    const [one, two] = await Promise.all([under.ask('a', patient, work), under.ask('a', patient, work)])
    assert.deepEqual(one, two)
    assert.equal((await under.ask('a', hasty, work)).view, one.view)
    assert.equal(works, 1)
    assert.deepEqual(under.picture(one.view!), Uint8Array.of(1, 2, 3))
    assert.equal(under.picture('another'), undefined)
  })

  test('who does not wait for the end is told how far it is', async () => {
    const under = looks()
    const end = Promise.withResolvers<string>()
    const work = ({ tell }: Looking) => {
      tell({ doing: 'counting', done: 2, of: 7 })
      return end.promise
    }
    assert.deepEqual(await under.ask('a', hasty, work), { progress: { doing: 'counting', done: 2, of: 7 } })
    end.resolve('seven')
    assert.deepEqual(await under.ask('a', patient, work), { view: 'seven' })
  })

  test('work that nobody asks about any more is given up; who comes back begins anew', async () => {
    const under = looks({ idleMs: 20 })
    const gone = new AbortController()
    let works = 0
    let isGivenUp = false
    const work = ({ signal }: Looking) => {
      works += 1
      return new Promise<string>((_, reject) => {
        signal.addEventListener('abort', () => {
          isGivenUp = true
          reject(signal.reason)
        })
      })
    }
    const asked = under.ask('a', { seconds: 30, gone: gone.signal }, work)
    await pause(60)
    assert.equal(isGivenUp, false, 'somebody waits for it')
    gone.abort()
    assert.ok((await asked).progress)
    await pause(60)
    assert.equal(isGivenUp, true)
    assert.ok((await under.ask('a', hasty, work)).progress)
    assert.equal(works, 2)
    under.close()
  })

  test('a failure is told once, also to who asks after it; then the work begins anew', async () => {
    const under = looks()
    let works = 0
    const work = async () => {
      works += 1
      await pause(5)
      if (works === 1) throw new Error('no such thing')
      return 'there'
    }
    assert.ok((await under.ask('a', hasty, work)).progress)
    await pause(30)
    await assert.rejects(under.ask('a', patient, work), /no such thing/)
    assert.equal((await under.ask('a', patient, work)).view, 'there')
  })

  test('more than eight at a time are refused', async () => {
    const under = looks()
    const forever = () => new Promise<string>(() => {})
    for (let i = 0; i < 8; i += 1) assert.ok((await under.ask(`look ${i}`, hasty, forever)).progress)
    await assert.rejects(under.ask('one more', hasty, forever), { status: 503 })
    assert.ok((await under.ask('look 3', hasty, forever)).progress, 'those under way go on')
    under.close()
  })
})
