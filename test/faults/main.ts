// A long run by hand:  node test/faults/main.ts --bus nats --seed 1 --faults 300

import { parseArgs } from 'node:util'
import { passableFolder } from './folder.ts'
import { runFaults } from './run-faults.ts'

const { values } = parseArgs({
  options: {
    bus: { type: 'string', default: 'nats' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: '300' },
    photos: { type: 'string', default: '24' },
    folder: { type: 'string' },
  },
})
const { bus } = values
if (bus !== 'nats' && bus !== 'kafka') {
  console.error(`--bus ${bus} is neither nats nor kafka`)
  process.exit(2)
}
const report = await runFaults({
  bus,
  seed: Number(values.seed),
  kills: Number(values.faults),
  photos: Number(values.photos),
  folder: values.folder ?? (await passableFolder()),
  onProgress: (what) => console.error(what),
})
console.log(JSON.stringify(report, undefined, 2))
const isFine =
  !report.unfinished && report.lost + report.double + report.differing.length + report.deadLetters.length === 0
process.exitCode = isFine ? 0 : 1
