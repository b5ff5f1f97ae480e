// Fanlight's methods and Python's, on the same ONNX file, photos, targets, fill, cells and number of forwards.
//   npm run bench -- peers --python PATH [--model NAME] [--photos 8] [--forwards 150,1000] [--only NAME,NAME]
//     [--seeds 1,2] [--steps 64] [--no-alone] [--peers-model FILE] [--cache FOLDER]
// PATH: a Python with bench/peers/requirements.txt (bench/peers/README.md). --steps: of insertion and deletion.
// --no-alone: all targets only, not one target alone. --peers-model: another file of the same network for the peers.
// FOLDER: what was measured, so that a stopped run goes on, and references in quality/, where bench/quality keeps them.
// All take turns on the same two cores, photo by photo; nothing that is loaded or warmed up once counts.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { sha256 } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { fixtureModel } from './fixtures.ts'
import { printMachine } from './machine.ts'
import {
  type Contender,
  type Made,
  ourContender,
  ourNames,
  peerContender,
  peerNames,
  type Shown,
} from './peers-contenders.ts'
import { Result } from './peers-result.ts'
import { type Judged, scoreMap, seedToSeed } from './peers-scores.ts'
import { printTables } from './peers-table.ts'
import { kept } from './quality-cache.ts'
import { studiedPhotos } from './quality-photos.ts'
import { type Reference, references } from './quality-reference.ts'

const MAX_TARGETS = 3
const MAX_TRIED_FORWARDS = 50

const { values } = parseArgs({
  allowNegative: true,
  options: {
    python: { type: 'string', default: 'python3' },
    model: { type: 'string', default: 'yolox_nano' },
    'peers-model': { type: 'string' },
    photos: { type: 'string', default: '8' },
    forwards: { type: 'string', default: '150,1000' },
    only: { type: 'string', default: [...ourNames, ...peerNames].join(',') },
    seeds: { type: 'string', default: '1,2' },
    steps: { type: 'string', default: '64' },
    alone: { type: 'boolean', default: true },
    cache: { type: 'string', default: join(import.meta.dirname, '.cache') },
  },
})
const wanted = values.only.split(',')
const budgets = values.forwards.split(',').map(Number)
const [firstSeed = 1, ...otherSeeds] = values.seeds.split(',').map(Number)
const peersModel = values['peers-model'] ?? fixtureModel(values.model)

printMachine('against Python’s shap, lime, xaitk-saliency and OpenVINO XAI')
const detector = await describeModel(fixtureModel(values.model))
await using open = new AsyncDisposableStack()
const model = open.use(sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 2 }))
const sessions = { model, detector }
const held = await heldPhotos(2 * Math.ceil(Number(values.photos) / 2))
const pairs = Array.from({ length: held.length / 2 }, (_, i) => held.slice(2 * i, 2 * i + 2).map(({ shown }) => shown))
const contenders = await contendersOf(wanted.filter((name) => budgets.some((forwards) => lacking(name, forwards))))

const results: Result[] = []
for (const forwards of budgets) {
  for (const [i, pair] of pairs.entries()) {
    // Whoever comes first finds the machine as the last pair left it: another one each time.
    const turns = wanted.map((_, turn) => wanted[(turn + i) % wanted.length]!)
    const measurements = new Map<string, Result>()
    for (const name of turns) {
      const path = pathOf(name, pair, forwards)
      if (!existsSync(path)) measurements.set(path, await measured(contenders.get(name)!, pair, forwards))
    }
    // At the pair's end: those that are compared were measured one after another.
    for (const name of turns) {
      const path = pathOf(name, pair, forwards)
      results.push(await kept(path, Result, async () => measurements.get(path)!))
    }
    console.error(`${forwards} forwards, ${2 * (i + 1)} of ${held.length} photos`)
  }
}
const targets = held.reduce((sum, { shown }) => sum + shown.targets.length, 0)
printTables(results, `${values.model}, ${held.length} photos, ${targets} targets`)

/** Warm, by name. */
async function contendersOf(names: readonly string[]): Promise<Map<string, Contender>> {
  const tries = { forwards: Math.min(MAX_TRIED_FORWARDS, ...budgets), seed: firstSeed }
  const started = new Map<string, Contender>()
  for (const name of names) {
    const isOurs = ourNames.includes(name)
    const tried = { model: peersModel, pair: pairs[0]!, tries }
    const contender = open.use(isOurs ? ourContender(sessions, name) : await peerContender(values.python, name, tried))
    if (isOurs) await contender.explain(pairs[0]!, tries)
    started.set(name, contender)
  }
  return started
}

function lacking(name: string, forwards: number): boolean {
  return pairs.some((pair) => !existsSync(pathOf(name, pair, forwards)))
}

/** Seeds are no part of it: what was measured with fewer of them counts, too. */
function pathOf(name: string, pair: readonly Shown[], forwards: number): string {
  const id = sha256(Buffer.from(JSON.stringify([values.steps, basename(peersModel), pair]))).slice(0, 16)
  return join(values.cache, 'peers', values.model, `${name}-${forwards}-${id}.json`)
}

/** All targets with each seed, and the first target alone. */
async function measured(contender: Contender, pair: readonly Shown[], forwards: number): Promise<Result> {
  const made = await contender.explain(pair, { forwards, seed: firstSeed })
  const again: Made[] = []
  for (const seed of otherSeeds) again.push(await contender.explain(pair, { forwards, seed }))
  const first = pair.map((photo) => ({ ...photo, targets: photo.targets.slice(0, 1) }))
  const one = values.alone ? await contender.explain(first, { forwards, seed: firstSeed }) : null
  const judged = pair.flatMap((photo, i) =>
    photo.targets.map((_, target): Judged & { others: Judged['map'][] } => ({
      shown: photo,
      target,
      map: made.photos[i]!.maps[target]!,
      reference: held.find(({ shown }) => shown === photo)!.references[target]!,
      others: again.map(({ photos }) => photos[i]!.maps[target]!),
    })),
  )
  const { name, isOurs, explains, way } = contender
  return {
    contender: { name, isOurs, explains, way },
    forwards,
    all: [made, ...again].map(spentOn),
    one: one && spentOn(one),
    scores: await Promise.all(judged.map((each) => scoreMap(sessions, each, Number(values.steps)))),
    seeds: judged.flatMap(({ shown, map, others }) => others.map((other) => seedToSeed(shown, map, other))),
  }
}

function spentOn({ seconds, withPictures, cpuSeconds, photos }: Made): Result['all'][number] {
  return { seconds, withPictures: withPictures ?? null, cpuSeconds, forwards: photos.map((photo) => photo.forwards) }
}

/** The first by their hash of those on which nothing was tuned, and the reference of each target. */
async function heldPhotos(count: number): Promise<{ shown: Shown; references: readonly Reference[] }[]> {
  const studied = await studiedPhotos(sessions, join(values.cache, 'quality', values.model), count, 'held')
  if (studied.length < count) throw new Error(`only ${studied.length} photos are held: take fewer than ${count}`)
  return Promise.all(
    studied.map(async (photo) => {
      const { image, recording } = photo
      const targets = recording.detections
        .slice(0, MAX_TARGETS)
        .map((seen) => ({ ...seen, objective: 'score' as const }))
      const shown = { path: image.uri, image, width: recording.width, height: recording.height, targets }
      return { shown, references: await references(photo) }
    }),
  )
}
