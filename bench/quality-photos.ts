import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Box, type Grid, type ImageRef, type ScoredTarget, sha256 } from '@fanlight/contracts'
import { type Coalition, leverageSample } from '@fanlight/game'
import { packBits } from '@fanlight/segments'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { z } from 'zod'
import { askModel, type Sessions } from './explain-photo.ts'
import { fixturePhotos } from './fixtures.ts'
import { GREY } from './peers-contenders.ts'
import { kept } from './quality-cache.ts'

/** Of the targets of all methods and references. */
export const [MIN_SCORE, MAX_TARGETS] = [0.3, 8]
export const SIDE = 8
export const PLAYERS = SIDE * SIDE
export const GRID = { kind: 'grid', rows: SIDE, cols: SIDE, edges: 'hard' } as const
export const PAIRED = 3000
const UNPAIRED = 900

/** What the detector answered about a photo's detections: rows of `bits` are nobody, everybody, pairs, and others. */
const Recording = z.object({
  photo: z.string(),
  sha256: z.string(),
  width: z.int(),
  height: z.int(),
  detections: z.array(z.object({ box: Box, class: z.int(), label: z.string(), score: z.number() })),
  bits: z.base64(),
  /** [detections][rows]. */
  y: z.array(z.array(z.number())),
})
type Recording = z.infer<typeof Recording>

/** A photo of the benchmark. */
export interface Studied {
  readonly image: ImageRef
  readonly recording: Recording
  /** What was tuned was tuned on `tuning` alone. */
  readonly half: 'held' | 'tuning'
  /** Where its parts lie in the cache. */
  readonly folder: string
}

/**
 * Names of the photo's folder and of the recording are those of the photo's file.
 * @param only one half of the photos; @default both
 */
export async function studiedPhotos(
  sessions: Sessions,
  folder: string,
  count: number,
  only?: Studied['half'],
): Promise<Studied[]> {
  const photos = await Promise.all(
    fixturePhotos(1000).map(async (uri) => {
      const bytes = await readFile(uri)
      return { uri, bytes: bytes.byteLength, sha256: sha256(bytes) }
    }),
  )
  photos.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  const studied: Studied[] = []
  for (const image of photos) {
    if (studied.length === count) break
    const half = Number.parseInt(image.sha256.slice(8, 16), 16) % 2 === 0 ? 'tuning' : 'held'
    if (only && only !== half) continue
    const name = basename(image.uri)
    const start = performance.now()
    const recording = await recorded(sessions, image, join(folder, `${name}.json`))
    if (!recording) continue
    const seconds = (performance.now() - start) / 1000
    studied.push({ image, recording, half, folder: join(folder, 'parts', name) })
    console.error(`${studied.length} of ${count}: ${name}, ${half}, recorded in ${seconds.toFixed(1)} s`)
  }
  return studied
}

/** @returns undefined where the detector sees nothing */
async function recorded(sessions: Sessions, image: ImageRef, path: string): Promise<Recording | undefined> {
  const question = { kind: 'detect', minScore: MIN_SCORE, maxDetections: MAX_TARGETS } as const
  const seen = existsSync(path) ? undefined : (await askModel(sessions, image, question)).answer
  if (seen && (seen.kind !== 'detect' || seen.detections.length === 0)) return undefined
  return kept(path, Recording, async () => {
    const { width, height, detections } = seen!
    const seed = Number.parseInt(image.sha256.slice(0, 8), 16)
    const rows = [...endsAndPairs(PAIRED, seed), ...unpaired(UNPAIRED, seed)]
    const y = await answersTo(sessions, image, { targets: detections, grid: GRID, rows })
    return { photo: basename(path, '.json'), sha256: image.sha256, width, height, detections, bits: bitsOf(rows), y }
  })
}

export const bitsOf = (rows: readonly Coalition[]): string => packBits(rows, PLAYERS).bits

export const endsAndPairs = (count: number, seed: number): Coalition[] => [
  new Uint8Array(PLAYERS),
  new Uint8Array(PLAYERS).fill(1),
  ...leverageSample(PLAYERS, count, seed),
]

/** k of 1..63 kept with P(k) ∝ k², each k evenly: where most is kept, most is to be seen. */
function unpaired(count: number, seed: number): Coalition[] {
  const generator = xoroshiro128plus(~seed)
  const uniform = () => uniformFloat64(generator)
  const all = Array.from({ length: PLAYERS - 1 }, (_, i) => (i + 1) ** 2).reduce((sum, share) => sum + share, 0)
  return Array.from({ length: count }, () => {
    let [left, size] = [uniform() * all, 1]
    while (size < PLAYERS - 1 && left >= size ** 2) left -= (size++) ** 2
    const order = Array.from({ length: PLAYERS }, (_, player) => ({ player, at: uniform() }))
    const coalition = new Uint8Array(PLAYERS)
    for (const { player } of order.sort((a, b) => a.at - b.at).slice(0, size)) coalition[player] = 1
    return coalition
  })
}

interface Asked {
  readonly targets: readonly ScoredTarget[]
  readonly grid: Grid
  /** One value a cell of the grid. */
  readonly rows: readonly Coalition[]
}

/** Scores under the fill that all references and methods work with. @returns [targets][rows] */
export async function answersTo(sessions: Sessions, image: ImageRef, { targets, grid, rows }: Asked) {
  const { answer } = await askModel(sessions, image, {
    kind: 'score',
    targets: targets.map(({ box, class: index }) => ({ box, class: index })),
    objectives: ['score'],
    minObjectness: 0.05,
    segments: grid,
    fill: GREY,
    coalitions: [packBits(rows, grid.rows * grid.cols)],
  })
  if (answer.kind !== 'score') throw new Error(`a score question got a ${answer.kind} answer`)
  return targets.map((_, t) => Array.from(answer.values.subarray(t * rows.length, (t + 1) * rows.length)))
}
