// Long runs by hand:
//   node test/faults/main.ts --bus nats --seed 1 --faults 300
//   node test/faults/main.ts --bus kafka --update

import { parseArgs } from 'node:util'
import type { BusName } from '@fanlight/cluster'
import { passableFolder } from './folder.ts'
import { runFaults } from './run-faults.ts'
import { runRollingUpdate } from './run-rolling-update.ts'

const { values } = parseArgs({
  options: {
    bus: { type: 'string', default: 'nats' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: '300' },
    photos: { type: 'string', default: '24' },
    update: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
})
const { bus } = values
if (bus !== 'nats' && bus !== 'kafka') {
  console.error(`--bus ${bus} is neither nats nor kafka`)
  process.exit(2)
}
const common = {
  bus: bus as BusName,
  seed: Number(values.seed),
  photos: Number(values.photos),
  folder: values.folder ?? (await passableFolder()),
  onProgress: (what: string) => console.error(what),
}
const report = values.update
  ? { unfinished: undefined, ...(await runRollingUpdate({ ...common, masks: 800 })) }
  : await runFaults({ ...common, kills: Number(values.faults) })
console.log(JSON.stringify(report, undefined, 2))
const isFine =
  !report.unfinished && report.lost + report.double + report.differing.length + report.deadLetters.length === 0
process.exitCode = isFine ? 0 : 1
