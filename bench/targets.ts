// What explaining all detections of a photo costs ÷ what explaining one costs.
//   npm run bench -- targets [MODEL]

import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { openBench, references, runJob } from './job.ts'
import { printMachine, spread } from './machine.ts'

const ROUNDS = 5
const FORWARDS = 200
const model = process.argv[2] ?? 'yolox_nano'

printMachine('all detections of a photo ÷ one')
await using bench = await openBench(fixtureModel(model))
const photos = await crowded(6)
await runJob(bench, { photos, forwards: 12 })
const ratios: number[] = []
let targets = 0
for (let round = 0; round < ROUNDS; round++) {
  const one = await runJob(bench, { photos, forwards: FORWARDS, maxTargets: 1 })
  const all = await runJob(bench, { photos, forwards: FORWARDS })
  targets = all.job.targets
  ratios.push(all.durationMs / one.durationMs)
  console.error(`round ${round + 1}: ${ratios.at(-1)!.toFixed(3)}`)
}
console.log(`${model}: ${photos.length} photos, ${targets} detections against ${photos.length}: ${spread(ratios, 3)}`)

/** The photos with the most detections among the fixtures. */
async function crowded(count: number) {
  const all = await references(fixturePhotos(60))
  const { job } = await runJob(bench, { photos: all, forwards: 12 })
  const { rows } = await bench.fanlight.store.listItems(job.project, job.id, { limit: 1000 })
  const counted = []
  for (const row of rows) {
    const [made] = await bench.fanlight.store.listExplanations(job.project, job.id, row.id)
    counted.push({ sha256: row.image?.sha256, targets: made?.result?.attributions.length ?? 0 })
  }
  const most = counted.sort((a, b) => b.targets - a.targets).slice(0, count)
  return all.filter(({ image }) => most.some(({ sha256 }) => sha256 === image.sha256))
}
