// What ODAM of many detections costs in a worker, clean run included ÷ a forward of the same worker.
//   npm run bench -- odam [MODEL] [--detections 10] [--rounds 20]

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Question, sha256 } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { median, printMachine, spread } from './machine.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { detections: { type: 'string', default: '10' }, rounds: { type: 'string', default: '20' } },
})
const [count, rounds] = [Number(values.detections), Number(values.rounds)]
const FORWARDS = 10

printMachine('ODAM of many detections ÷ forward')
const name = positionals[0] ?? 'yolox_nano'
const detector = await describeModel(fixtureModel(name))
await using model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 1 })
const signal = new AbortController().signal

for (const uri of fixturePhotos(6)) {
  const bytes = await readFile(uri)
  const image = { sha256: sha256(bytes), uri, bytes: bytes.byteLength }
  const ask = async (question: Question) => model.answer({ detector, image, question }, signal)
  const { answer } = await ask({ kind: 'detect', minScore: 0.1, maxDetections: count })
  if (answer.kind !== 'detect' || answer.detections.length === 0) continue
  const found = answer.detections.map(({ box, class: index }) => ({ box, class: index }))
  const targets = Array.from({ length: count }, (_, i) => found[i % found.length]!)
  const odam = gradients(targets)
  const plain = forwards(targets)
  await ask(odam)
  const ratios: number[] = []
  const forwardMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const [alone, together] = [(await ask(plain)).measured.durationMs / FORWARDS, (await ask(odam)).measured.durationMs]
    forwardMs.push(alone)
    ratios.push(together / alone)
  }
  const told = `${found.length} different of ${count}; forward ${median(forwardMs).toFixed(1)} ms`
  console.log(`${name}, ${uri.split('/').at(-1)}: ${spread(ratios, 2)} forwards (${told}); target ${1 + 0.35 * count}`)
}

type Targets = Extract<Question, { kind: 'gradient' }>['targets']

function gradients(targets: Targets): Question {
  const [tap, sampling] = [{ kind: 'neck' }, { kind: 'clean' }] as const
  const map = { width: 64, height: 48 }
  return { kind: 'gradient', targets, objectives: ['score'], tap, reduction: 'odam', sampling, guided: false, map }
}

/** Masks that keep everything. */
function forwards(targets: Targets): Question {
  return {
    kind: 'score',
    targets,
    objectives: ['score'],
    minObjectness: 0.05,
    segments: { kind: 'grid', rows: 1, cols: 1, edges: 'hard' },
    fill: { kind: 'mean' },
    coalitions: [{ kind: 'bits', count: FORWARDS, bits: Buffer.alloc(FORWARDS, 1).toString('base64') }],
  }
}
