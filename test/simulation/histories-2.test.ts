import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstFailing, HISTORIES } from './check.ts'

test(`nothing lost, nothing counted twice, same bytes: histories, part 2 of 2`, async (t) => {
  const [from, to] = [Math.floor((HISTORIES * 1) / 2), Math.floor((HISTORIES * 2) / 2)]
  const failing = await firstFailing(from, to)
  t.diagnostic(`seeds ${from} to ${to - 1}`)
  assert.equal(
    failing,
    undefined,
    failing &&
      `seed ${failing.seed}: ${failing.broken.join('; ')}; see it with: node test/simulation/replay-seed.ts ${failing.seed}`,
  )
})
