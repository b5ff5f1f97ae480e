// Resident size of all processes after 2,000 distinct images ÷ after 200.
//   npm run bench -- memory [--images 2000]

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sha256 } from '@fanlight/contracts'
import pidusage from 'pidusage'
import sharp from 'sharp'
import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { openBench, references, runJob } from './job.ts'
import { printMachine } from './machine.ts'
import { childrenOf } from './processes.ts'

const { values } = parseArgs({ options: { images: { type: 'string', default: '2000' } } })
const images = Number(values.images)
const STEP = 200
const folder = await mkdtemp(join(tmpdir(), 'fanlight-crops-'))

printMachine(`resident size over ${images} distinct images (seeded crops), light_person_192, 24 forwards each`)
try {
  await using bench = await openBench(fixtureModel('light_person_192'))
  const sizes: number[] = []
  for (let from = 0; from < images; from += STEP) {
    await runJob(bench, { photos: await references(await crops(from, Math.min(STEP, images - from))), forwards: 24 })
    sizes.push(await residentMiB())
    console.log(`${from + STEP} images: ${sizes.at(-1)!.toFixed(0)} MiB`)
  }
  console.log(`after ${images} ÷ after ${STEP}: ${(sizes.at(-1)! / sizes[0]!).toFixed(3)}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Crops whose place and size follow from their number alone. */
async function crops(from: number, count: number): Promise<string[]> {
  const photos = fixturePhotos(80)
  const paths: string[] = []
  for (let i = from; i < from + count; i++) {
    const dice = Buffer.from(sha256(`crop ${i}`), 'hex')
    const photo = sharp(photos[i % photos.length]!)
    const { width, height } = await photo.metadata()
    const [w, h] = [Math.round(width * (0.5 + dice[0]! / 520)), Math.round(height * (0.5 + dice[1]! / 520))]
    const region = {
      left: Math.floor(((width - w) * dice[2]!) / 256),
      top: Math.floor(((height - h) * dice[3]!) / 256),
      width: w,
      height: h,
    }
    const path = join(folder, `${i}.jpg`)
    await writeFile(path, await photo.extract(region).jpeg().toBuffer())
    paths.push(path)
  }
  return paths
}

async function residentMiB(): Promise<number> {
  globalThis.gc?.()
  const pids = [process.pid, ...(await childrenOf(process.pid))]
  const usage = await Promise.all(pids.map((pid) => pidusage(pid)))
  return usage.reduce((sum, { memory }) => sum + memory, 0) / 2 ** 20
}
