// How much of the truth a few forwards find: the table of docs/quality.md.
//   npm run bench -- quality [--models NAME,NAME] [--photos 16] [--half held|tuning] [--cache FOLDER] [--only A,B,curves,intervals]
// References are recorded into the cache first (4,000 forwards a photo, and 1,800 a small target); all that is made is
// kept there, so that a stopped run goes on where it was. Photos are taken by the hash of their bytes. Curves are the
// most expensive (10,000 to 15,000 forwards a photo) and are asked of the held half alone.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeModel, sessionModel } from '@fanlight/detector'
import type { Sessions } from './explain-photo.ts'
import { fixtureModel } from './fixtures.ts'
import { printMachine } from './machine.ts'
import { CURVED, curvesTable, gainsOf, MAX_CURVED } from './quality-curves.ts'
import { type Judged, judged, judgedAround, type Measured } from './quality-measured.ts'
import { type Studied, studiedPhotos } from './quality-photos.ts'
import { agreementTable, aroundTable, coverageOf, errorsTable, noiseOf } from './quality-table.ts'

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'yolox_nano,nanodet_m_320,ultraface_rfb_320' },
    photos: { type: 'string', default: '16' },
    half: { type: 'string', default: 'both' },
    cache: { type: 'string', default: join(import.meta.dirname, '.cache', 'quality') },
    only: { type: 'string', default: 'A,B,curves,intervals' },
  },
})
const wanted = new Set(values.only.split(','))
const models = values.models.split(',')
const half = values.half === 'held' || values.half === 'tuning' ? values.half : undefined

/** What is known of a photo; nothing of what was not asked for. */
interface Report {
  readonly model: string
  readonly half: Studied['half']
  readonly judged: readonly (Judged | undefined)[]
  readonly around: readonly (readonly Measured[] | undefined)[]
  readonly gains: readonly Awaited<ReturnType<typeof gainsOf>>[]
}

printMachine('quality: how much of the truth a few forwards find')
const reports: Report[] = []
for (const name of models) {
  const detector = await describeModel(fixtureModel(name))
  await using model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 2 })
  const sessions = { model, detector }
  const photos = await studiedPhotos(sessions, join(values.cache, name), Number(values.photos), half)
  for (const [i, photo] of photos.entries()) {
    const start = performance.now()
    reports.push({ model: name, half: photo.half, ...(await reported(sessions, photo)) })
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.error(`${name}: ${i + 1} of ${photos.length}, ${photo.recording.photo} in ${seconds} s`)
  }
}
for (const part of half ? [half] : (['held', 'tuning'] as const)) {
  const of = reports.filter((report) => report.half === part)
  console.log(`\n## The ${part} half`)
  for (const family of models.length > 1 ? [models.join(', '), ...models] : models) {
    const those = of.filter(({ model }) => family.split(',').some((each) => each.trim() === model))
    if (those.length > 0) print(family, those)
  }
}

async function reported(sessions: Sessions, photo: Studied): Promise<Omit<Report, 'model' | 'half'>> {
  const gains = []
  const curved = wanted.has('curves') && photo.half === 'held'
  for (const order of curved ? CURVED : []) gains.push(await gainsOf(sessions, photo, order))
  return {
    judged: wanted.has('A') || wanted.has('intervals') ? await judged(sessions, photo) : [],
    around: wanted.has('B') ? await judgedAround(sessions, photo) : [],
    gains,
  }
}

function print(family: string, of: readonly Report[]): void {
  const targets = of.flatMap((report) => report.judged).filter((target) => target !== undefined)
  const leftOut = of.flatMap((report) => report.judged).length - targets.length
  const counts = `${of.length} photos, ${targets.length} targets, ${leftOut} left out: v(empty) > .2 v(full)`
  console.log(`\n### ${family}`)
  if (wanted.has('A')) {
    console.log(`\nReference A: ${counts}. Its own noise ÷ ‖φ‖²: ${noiseOf(targets)}. Seed 1.\n`)
    console.log(errorsTable(targets).join('\n'))
  }
  if (wanted.has('intervals')) {
    console.log(`\nSeeds 1 and 2; ${counts}. 90 % intervals of focus cover ${coverageOf(targets)} of all cells.\n`)
    console.log(agreementTable(targets).join('\n'))
  }
  const around = of.flatMap((report) => report.around)
  const close = around.filter((target) => target !== undefined)
  if (around.length > 0) {
    console.log(`\nReference B: ${close.length} small targets, ${around.length - close.length} left out. Seed 1.\n`)
    console.log(aroundTable(close).join('\n'))
  }
  if (of.some(({ gains }) => gains.length > 0)) {
    const curved = of.reduce((sum, { gains }) => sum + gains[0]!.length, 0)
    const what = 'each its mean, how far focus is ahead of it, and the lower 95 % bound of that (photos resampled)'
    console.log(`\nInsertion − deletion, ${curved} targets, ${MAX_CURVED} a photo at most: ${what}.\n`)
    console.log(curvesTable(of.map(({ gains }) => gains)).join('\n'))
  }
}
