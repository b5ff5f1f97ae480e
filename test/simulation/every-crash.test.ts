import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, undisturbed } from './check.ts'
import { NO_FAULTS } from './history.ts'

test('a crash at any one event of a history changes nothing: every third is tried', async (t) => {
  const reference = await undisturbed()
  // The undisturbed trace ends with the events after the end, which wake nobody who has work left.
  const events = reference.trace.length
  for (let crashAt = 1; crashAt < events; crashAt += 3) {
    const broken = await judge(reference, { seed: 0, faults: NO_FAULTS, noise: 0, crashAt })
    assert.deepEqual(broken, [], `crash at event ${crashAt}: ${reference.trace[crashAt - 1]}`)
  }
  t.diagnostic(`${Math.ceil(events / 3)} crashes at every third of ${events} events`)
})
