import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { BusName } from '@fanlight/cluster'
import { passableFolder } from './folder.ts'
import { hasCluster } from './peers.ts'
import { runFaults } from './run-faults.ts'
import { runRollingUpdate } from './run-rolling-update.ts'

// Short runs; docs/faults.md has the long ones and how to repeat them.
const TIMEOUT = { timeout: 10 * 60_000 }

for (const bus of ['nats', 'kafka'] as const satisfies BusName[]) {
  test(`processes and servers that die lose nothing and count nothing twice, on ${bus}`, TIMEOUT, async (t) => {
    if (!(await hasCluster(t, bus))) return
    const seed = bus === 'nats' ? 11 : 12
    const report = await runFaults({ bus, seed, kills: 12, photos: 12, folder: await folderOf(t), ...toldTo(t) })
    t.diagnostic(JSON.stringify(report.faults))
    assert.equal(report.unfinished, undefined)
    assert.deepEqual(report.differing, [])
    assert.deepEqual(report.deadLetters, [])
    assert.deepEqual([report.lost, report.double], [0, 0])
    assert.ok(report.kills >= 12, `${report.kills} processes were killed`)
  })
}

for (const bus of ['nats', 'kafka'] as const satisfies BusName[]) {
  test(
    `an update to a release with another message version, in mid-job, changes nothing, on ${bus}`,
    TIMEOUT,
    async (t) => {
      if (!(await hasCluster(t, bus))) return
      const options = { seed: 1, photos: 9, masks: 800 }
      const report = await runRollingUpdate({ bus, ...options, folder: await folderOf(t), ...toldTo(t) })
      t.diagnostic(JSON.stringify({ ...report, differing: report.differing.length }))
      assert.deepEqual(report.differing, [])
      assert.deepEqual(report.deadLetters, [])
      assert.deepEqual([report.lost, report.double], [0, 0])
      assert.ok(report.wasInMidJob, 'the work ended before the update did: give it more masks')
      const upgraded = Object.values(report.upgraded).reduce((sum, count) => sum + count, 0)
      assert.ok(upgraded > 0, 'no new process ever read an old body')
      assert.ok(report.putOff > 0, 'no old process ever met a new body')
    },
  )
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await passableFolder()
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const toldTo = (t: TestContext) => ({ onProgress: (what: string) => t.diagnostic(what) })
