// Replays one history and prints every event of it:  node test/simulation/replay-seed.ts SEED

import { judge, undisturbed } from './check.ts'
import { ALL_FAULTS, runHistory } from './history.ts'

const seed = Number(process.argv[2])
if (!Number.isInteger(seed)) {
  console.error('usage: node test/simulation/replay-seed.ts SEED')
  process.exit(2)
}
const outcome = await runHistory({ seed, faults: ALL_FAULTS, noise: seed % 2 === 1 ? 1e-6 : 0 })
for (const line of outcome.trace) console.log(line)
const broken = await judge(await undisturbed(), { seed })
console.log(broken.length === 0 ? 'nothing is wrong with this history' : broken.join('\n'))
process.exitCode = broken.length === 0 ? 0 : 1
