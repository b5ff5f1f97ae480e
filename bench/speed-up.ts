// The speed-up of one explanation of 1,000 masks from one to two inference processes ÷ that of raw sessions.
//   npm run bench -- speed-up [nats|kafka] [--model yolox_nano] [--rounds 10]

import { parseArgs } from 'node:util'
import type { BusName } from '@fanlight/cluster'
import { fixtureModel } from './fixtures.ts'
import { openClusterBench, photosWithTargets, runJob } from './job.ts'
import { printMachine, spread } from './machine.ts'
import { RawSessions } from './raw-sessions.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string', default: 'yolox_nano' }, rounds: { type: 'string', default: '10' } },
})
const bus = (positionals[0] ?? 'nats') as BusName
const model = fixtureModel(values.model)
const RAW_MS = 5_000

printMachine(`speed-up: one explanation of 1,000 masks, one to two inference processes on ${bus}`)
await using rawOne = new RawSessions(model, 1)
await using rawTwo = new RawSessions(model, 2)
await using bench = await openClusterBench(model, bus, 2)
const photos = await photosWithTargets(bench, 1)
const second = bench.cluster.services.findLast(({ name }) => name === 'inference')!
const ratios: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  await second.stop()
  const slow = await warmed()
  await second.restart()
  const fast = await warmed()
  const raw = (await rawTwo.forwardsPerSecond(RAW_MS)) / (await rawOne.forwardsPerSecond(RAW_MS))
  const ours = slow / fast
  ratios.push(ours / raw)
  console.error(
    `round ${round + 1}: ${slow.toFixed(0)} ÷ ${fast.toFixed(0)} ms = ${ours.toFixed(3)}, raw ${raw.toFixed(3)}`,
  )
}
console.log(`${bus}, ${values.model}: speed-up ÷ raw speed-up ${spread(ratios, 3)}`)

/** @returns ms from submission to the last stored attribution, by workers that have seen the detector and the photo */
async function warmed(): Promise<number> {
  await runJob(bench, { photos, forwards: 300 })
  return (await runJob(bench, { photos, forwards: 1000 })).durationMs
}
