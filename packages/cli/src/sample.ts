import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

const SAMPLES = [1, 2, 3, 4, 5, 6]

/** The photos that come with the default detector's npm package, named from the current folder. */
export function samplePhotos(): string[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  return SAMPLES.map((number) => relative(process.cwd(), join(folder, `sample${number}.jpg`)))
}
