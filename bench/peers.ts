// Fanlight's methods and Python's, on the same ONNX file, photos, targets, fill, cells and number of forwards.
//   npm run bench -- peers --python PATH [--photos 8] [--forwards 150,1000] [--only NAME,NAME] [--references FOLDER]
// PATH: a Python with bench/peers/requirements.txt (bench/peers/README.md). FOLDER: recorded answers, for Shapley values.
// All take turns on the same two cores, photo by photo; nothing that is loaded or warmed up once counts.

import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { sha256 } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { askModel } from './explain-photo.ts'
import { fixtureModel, fixturePhotos } from './fixtures.ts'
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
import { type Reference, referencesOf } from './peers-reference.ts'
import { type Scores, scoreMap, seedToSeed } from './peers-scores.ts'
import { printTables, type Result } from './peers-table.ts'

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
    references: { type: 'string' },
  },
})
const wanted = values.only.split(',')
const budgets = values.forwards.split(',').map(Number)
const tries = { forwards: Math.min(MAX_TRIED_FORWARDS, ...budgets), seed: 1 }

printMachine('against Python’s shap, lime, xaitk-saliency and OpenVINO XAI')
const detector = await describeModel(fixtureModel(MODEL))
await using held = new AsyncDisposableStack()
const model = held.use(sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 2 }))
const sessions = { model, detector }
const shown = await photosWithTargets(2 * Math.ceil(Number(values.photos) / 2))
const references = await Promise.all(shown.map((photo) => recorded(photo)))
const pairs = Array.from({ length: shown.length / 2 }, (_, i) => shown.slice(2 * i, 2 * i + 2))

const contenders: Contender[] = ourNames
  .filter((name) => wanted.includes(name))
  .map((name) => ourContender(sessions, name))
for (const peer of PEERS.filter((each) => wanted.includes(`python-${each}`))) {
  const tried = { model: fixtureModel(MODEL), pair: pairs[0]!, tries }
  contenders.push(held.use(await peerContender(values.python, peer, tried)))
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
      const reference = references[shown.indexOf(photo)]![target]
      scores.push(await scoreMap(sessions, { shown: photo, target, map: maps[0]!, reference }))
      seeds.push(seedToSeed(photo, maps[0]!, maps[1]!))
    }
  }
  return { contender, forwards, all, one, scores, seeds }
}

function recorded(photo: Shown): Promise<(Reference | undefined)[]> {
  const { references: folder } = values
  return folder ? referencesOf(folder, photo) : Promise.resolve(photo.targets.map(() => undefined))
}

/** Of those that were recorded, where some were. */
async function photosWithTargets(count: number): Promise<Shown[]> {
  const { references: folder } = values
  const known = folder && existsSync(folder) ? readdirSync(folder) : undefined
  const photos: Shown[] = []
  for (const path of fixturePhotos(1000)) {
    if (photos.length === count) break
    if (known && !known.includes(`${path.split('/').at(-1)}.json`)) continue
    const bytes = await readFile(path)
    const image = { sha256: sha256(bytes), uri: path, bytes: bytes.byteLength }
    const question = { kind: 'detect', minScore: 0.3, maxDetections: MAX_TARGETS } as const
    const { answer } = await askModel(sessions, image, question)
    if (answer.kind !== 'detect' || answer.detections.length === 0) continue
    const targets = answer.detections.map((seen) => ({ ...seen, objective: 'score' as const }))
    photos.push({ path, image, width: answer.width, height: answer.height, targets })
  }
  return photos
}
