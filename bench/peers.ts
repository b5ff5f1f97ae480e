// Fanlight's methods and Python's, on the same ONNX file, photos, targets, fill, cells and number of forwards.
//   npm run bench -- peers --python PATH [--photos 8] [--forwards 150,1000] [--only NAME,NAME] [--cache FOLDER]
// PATH: a Python with bench/peers/requirements.txt (bench/peers/README.md). FOLDER: that of bench/quality, whose references these are.
// All take turns on the same two cores, photo by photo; nothing that is loaded or warmed up once counts.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeModel, sessionModel } from '@fanlight/detector'
import { fixtureModel } from './fixtures.ts'
import { printMachine } from './machine.ts'
import {
  type Contender,
  type Made,
  ourContender,
  ourNames,
  PEERS,
  peerContender,
  type Shown,
} from './peers-contenders.ts'
import { type Scores, scoreMap, seedToSeed } from './peers-scores.ts'
import { printTables, type Result } from './peers-table.ts'
import { type Studied, studiedPhotos } from './quality-photos.ts'
import { type Reference, references } from './quality-reference.ts'

/** The one whose decoding and scores the peers' adapters know (peers/yolox.py). */
const MODEL = 'yolox_nano'
const MAX_TARGETS = 3
const SEEDS = [1, 2]
const MAX_TRIED_FORWARDS = 150

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    photos: { type: 'string', default: '8' },
    forwards: { type: 'string', default: '150,1000' },
    only: { type: 'string', default: [...ourNames, ...PEERS.map((peer) => `python-${peer}`)].join(',') },
    cache: { type: 'string', default: join(import.meta.dirname, '.cache', 'quality') },
  },
})
const wanted = values.only.split(',')
const budgets = values.forwards.split(',').map(Number)
const tries = { forwards: Math.min(MAX_TRIED_FORWARDS, ...budgets), seed: 1 }

printMachine('against Python’s shap, lime, xaitk-saliency and OpenVINO XAI')
const detector = await describeModel(fixtureModel(MODEL))
await using open = new AsyncDisposableStack()
const model = open.use(sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 2 }))
const sessions = { model, detector }
const held = await heldPhotos(2 * Math.ceil(Number(values.photos) / 2))
const shown = held.map((photo) => photo.shown)
const pairs = Array.from({ length: shown.length / 2 }, (_, i) => shown.slice(2 * i, 2 * i + 2))

const contenders: Contender[] = ourNames
  .filter((name) => wanted.includes(name))
  .map((name) => ourContender(sessions, name))
for (const peer of PEERS.filter((each) => wanted.includes(`python-${each}`))) {
  const tried = { model: fixtureModel(MODEL), pair: pairs[0]!, tries }
  contenders.push(open.use(await peerContender(values.python, peer, tried)))
}
for (const ours of contenders.filter(({ isOurs }) => isOurs)) await ours.explain(pairs[0]!, tries)

const results: Result[] = []
for (const forwards of budgets) {
  for (const [i, pair] of pairs.entries()) {
    // Whoever comes first finds the machine as the last pair left it: another one each time.
    const turns = contenders.map((_, turn) => contenders[(turn + i) % contenders.length]!)
    for (const contender of turns) results.push(await measured(contender, pair, forwards))
    console.error(`${forwards} forwards, ${2 * (i + 1)} of ${shown.length} photos`)
  }
}
printTables(results, shown)

/** All targets with each seed, and the first target alone. */
async function measured(contender: Contender, pair: readonly Shown[], forwards: number): Promise<Result> {
  const all: Made[] = []
  for (const seed of SEEDS) all.push(await contender.explain(pair, { forwards, seed }))
  const first = pair.map((photo) => ({ ...photo, targets: photo.targets.slice(0, 1) }))
  const one = await contender.explain(first, { forwards, seed: SEEDS[0]! })
  const scores: Scores[] = []
  const seeds: (number | null)[] = []
  for (const [i, photo] of pair.entries()) {
    for (const target of photo.targets.keys()) {
      const maps = all.map(({ photos }) => photos[i]!.maps[target]!)
      const reference = held[shown.indexOf(photo)]!.references[target]!
      scores.push(await scoreMap(sessions, { shown: photo, target, map: maps[0]!, reference }))
      seeds.push(seedToSeed(photo, maps[0]!, maps[1]!))
    }
  }
  return { contender, forwards, all, one, scores, seeds }
}

/** The first by their hash of those on which nothing was tuned, and the reference of each target. */
async function heldPhotos(count: number): Promise<{ shown: Shown; references: readonly Reference[] }[]> {
  const folder = join(values.cache, MODEL)
  const held: Studied[] = []
  for (let taken = count; held.length < count; taken += count - held.length) {
    const studied = await studiedPhotos(sessions, folder, taken)
    if (studied.length < taken) throw new Error(`only ${held.length} photos are held: take fewer than ${count}`)
    held.splice(0, held.length, ...studied.filter(({ half }) => half === 'held'))
  }
  return Promise.all(
    held.map(async (photo) => {
      const { image, recording } = photo
      const targets = recording.detections
        .slice(0, MAX_TARGETS)
        .map((seen) => ({ ...seen, objective: 'score' as const }))
      const shown = { path: image.uri, image, width: recording.width, height: recording.height, targets }
      return { shown, references: await references(photo) }
    }),
  )
}
