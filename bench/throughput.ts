// Masks a second from submission to the last stored attribution ÷ the best raw forwards a second on the same cores.
//   npm run bench -- throughput [MODEL…] [--photos 10] [--forwards 1000] [--rounds 5]

import { parseArgs } from 'node:util'
import { fixtureModel } from './fixtures.ts'
import { openBench, photosWithTargets, runJob } from './job.ts'
import { median, printMachine, spread } from './machine.ts'
import { RawSessions } from './raw-sessions.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '10' },
    forwards: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
  },
})
const [photos, forwards, rounds] = [Number(values.photos), Number(values.forwards), Number(values.rounds)]
const models = positionals.length > 0 ? positionals : ['light_person_192', 'yolox_nano']

const RAW_MS = 8_000
printMachine('throughput: masks/s ÷ raw forwards/s, two sessions of one thread each')
for (const model of models) await measure(model)

async function measure(model: string): Promise<void> {
  await using raw = new RawSessions(fixtureModel(model), 2)
  await using bench = await openBench(fixtureModel(model))
  const found = await photosWithTargets(bench, photos)
  const work = { photos: found, forwards }
  await runJob(bench, { photos: found.slice(0, 2), forwards: 100 })
  const ratios: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    // Raw before and after, so that a machine that drifts while a job runs does not favour either side.
    const before = await raw.forwardsPerSecond(RAW_MS)
    const { job, durationMs } = await runJob(bench, work)
    const after = await raw.forwardsPerSecond(RAW_MS)
    const rate = (job.endedForwards * 1000) / durationMs
    rates.push(rate)
    ratios.push(rate / ((before + after) / 2))
    console.error(
      `${model} round ${round + 1}: ${rate.toFixed(1)} masks/s, raw ${before.toFixed(1)} and ${after.toFixed(1)}`,
    )
  }
  console.log(
    `${model}: ${found.length} photos × ${forwards} forwards: ratio ${spread(ratios, 3)}; ${median(rates).toFixed(1)} masks/s`,
  )
}
