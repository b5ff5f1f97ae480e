import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Clock } from '@fanlight/ports'
import { openStore } from '@fanlight/store'
import { judge, undisturbed } from './check.ts'

const HISTORIES = 12

test('the same holds over the real database: histories on PGlite', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-simulation-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  // One database for all: each history has a project of its own, and the clock of its own world.
  let time: Clock | undefined
  const clock: Clock = { now: () => time!.now(), sleep: () => Promise.reject(new Error('the store waits for nobody')) }
  time = { ...clock, now: () => 1_000_000 }
  await using store = await openStore({ folder, clock })
  const openHistory = async (its: Clock) => {
    time = its
    return store
  }
  const reference = await undisturbed()
  for (let seed = 0; seed < HISTORIES; seed++) {
    const broken = await judge(reference, { seed, openStore: openHistory, project: `history-${seed}` })
    assert.deepEqual(broken, [], `seed ${seed}`)
  }
})
