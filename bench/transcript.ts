// Size of the transcripts of explanations with 1,000 forwards, by number of targets.
//   npm run bench -- transcript [MODEL]

import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { openBench, references, runJob } from './job.ts'
import { median, printMachine } from './machine.ts'

const model = process.argv[2] ?? 'light_person_192'
printMachine('transcripts of 1,000 forwards')
await using bench = await openBench(fixtureModel(model))
const { job } = await runJob(bench, { photos: await references(fixturePhotos(60)), forwards: 1000 })
const { rows } = await bench.fanlight.store.listItems(job.project, job.id, { limit: 1000 })
const sizes: { targets: number; kilobytes: number }[] = []
for (const { id } of rows) {
  const [made] = await bench.fanlight.store.listExplanations(job.project, job.id, id)
  if (!made?.result || made.result.attributions.length === 0) continue
  const bytes = await bench.fanlight.artifacts.get(made.result.transcript)
  sizes.push({ targets: made.result.attributions.length, kilobytes: bytes.byteLength / 1000 })
}
const perTarget = median(sizes.map(({ targets, kilobytes }) => kilobytes / targets))
const largest = sizes.reduce((a, b) => (b.kilobytes > a.kilobytes ? b : a))
console.log(
  `${model}: ${sizes.length} explanations, median ${median(sizes.map(({ kilobytes }) => kilobytes)).toFixed(1)} kB, ` +
    `${perTarget.toFixed(2)} kB a target, largest ${largest.kilobytes.toFixed(1)} kB (${largest.targets} targets)`,
)
