// Masks a second through a broker, two inference processes of one session each ÷ the raw rate of two sessions; and the
// bytes that went over the bus for them.
//   npm run bench -- cluster-throughput [nats|kafka…] [--model yolox_nano] [--photos 10] [--forwards 1000] [--rounds 10]

import { parseArgs } from 'node:util'
import type { BusName } from '@fanlight/cluster'
import { fixtureModel } from './fixtures.ts'
import { counted, openClusterBench, photosWithTargets, runJob } from './job.ts'
import { median, printMachine, spread } from './machine.ts'
import { RawSessions } from './raw-sessions.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'yolox_nano' },
    photos: { type: 'string', default: '10' },
    forwards: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '10' },
  },
})
const { model } = values
const [photos, forwards, rounds] = [Number(values.photos), Number(values.forwards), Number(values.rounds)]
const buses = (positionals.length > 0 ? positionals : ['nats', 'kafka']) as BusName[]

const RAW_MS = 8_000
printMachine('cluster-throughput: masks/s through a broker ÷ raw forwards/s, two processes of one session each')
for (const bus of buses) await measure(bus)

async function measure(bus: BusName): Promise<void> {
  await using raw = new RawSessions(fixtureModel(model), 2)
  await using bench = await openClusterBench(fixtureModel(model), bus, 2)
  const work = { photos: await photosWithTargets(bench, photos), forwards }
  await runJob(bench, { ...work, forwards: 100 })
  const ratios: number[] = []
  const rates: number[] = []
  const bytes: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await raw.forwardsPerSecond(RAW_MS)
    const bytesBefore = await counted(bench.cluster, 'fanlight_published_bytes_total')
    const { job, durationMs } = await runJob(bench, work)
    bytes.push(((await counted(bench.cluster, 'fanlight_published_bytes_total')) - bytesBefore) / job.targets)
    const after = await raw.forwardsPerSecond(RAW_MS)
    const rate = (job.endedForwards * 1000) / durationMs
    rates.push(rate)
    ratios.push(rate / ((before + after) / 2))
    console.error(
      `${bus} round ${round + 1}: ${rate.toFixed(1)} masks/s, raw ${before.toFixed(1)} and ${after.toFixed(1)}, ${(bytes.at(-1)! / 1000).toFixed(1)} kB a target`,
    )
  }
  const perTarget = (median(bytes) / 1000) * (1000 / forwards)
  console.log(
    `${bus}, ${model}: ${photos} photos × ${forwards} forwards: ratio ${spread(ratios, 3)}; ${median(rates).toFixed(1)} masks/s; ${perTarget.toFixed(1)} kB on the bus a target and 1,000 masks`,
  )
}
