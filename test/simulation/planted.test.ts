import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstFailing, judge, undisturbed } from './check.ts'
import { ALL_FAULTS, runHistory } from './history.ts'
import { completionRace, floatSums, planCutAnew } from './planted.ts'

for (const plant of [completionRace, planCutAnew, floatSums]) {
  test(`the simulation catches a planted ${plant.name}, and its seed fails again`, async (t) => {
    const caught = await firstFailing(0, 400, { plant })
    assert.ok(caught, 'no history of 400 noticed it')
    t.diagnostic(`seed ${caught.seed}: ${caught.broken[0]}`)
    assert.deepEqual(await judge(await undisturbed(), { seed: caught.seed, plant }), caught.broken)
    assert.deepEqual(
      await judge(await undisturbed(), { seed: caught.seed }),
      [],
      'without the plant the same seed is right',
    )
  })
}

test('a seed replays event by event', async () => {
  const options = { seed: 12, faults: ALL_FAULTS, noise: 0 }
  const [first, second] = [await runHistory(options), await runHistory(options)]
  assert.deepEqual(second.trace, first.trace)
  assert.equal(second.signature, first.signature)
})

test('the undisturbed history ends with every kind of photo accounted for', async () => {
  const { finished, broken, signature, endedAtMs } = await undisturbed()
  assert.equal(finished, true)
  assert.deepEqual(broken, [])
  assert.match(signature, /item 3\.jpg failed IMAGE_UNREADABLE/)
  assert.match(signature, /item 4\.jpg failed SHARD_ATTEMPTS_EXHAUSTED/)
  assert.match(signature, /item 2\.jpg done/)
  assert.match(signature, /item 0-again\.jpg done/)
  assert.ok(endedAtMs < 9_000, `${endedAtMs} ms: nothing had to wait for the sweeper to find it stalled`)
})
