// What an explanation of 1,000 coalitions adds to its forwards: sampling, solving, records and pictures ÷ forwards.
//   npm run bench -- overhead [MODEL] [--forwards 1000] [--rounds 3]

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Box, GivenTarget, TargetPolicy } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { type Explained, methodNames, methodSpec } from '@fanlight/explain'
import { decodeImage, renderOverlay } from '@fanlight/image'
import { explainPhoto } from './explain-photo.ts'
import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { median, printMachine } from './machine.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { forwards: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
})
const [forwards, rounds] = [Number(values.forwards), Number(values.rounds)]
const METHODS = ['drise', 'lime', 'kernel-shap', 'focus'].filter((name) => methodNames.some((each) => each === name))
const COUNTS = [1, 5, 20]

printMachine('what an explanation adds to its forwards')
const name = positionals[0] ?? 'yolox_nano'
const detector = await describeModel(fixtureModel(name))
await using model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 1 })
const sessions = { model, detector }
const [photo, size, label] = await firstSeen()

console.log(`${name}, one session, ${forwards} forwards; medians of ${rounds} rounds\n`)
console.log('| method | targets | forwards, s | explainer, ms | pictures, ms | explainer ÷ forwards | all ÷ forwards |')
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const method of METHODS) {
  for (const count of COUNTS) {
    const seen: Awaited<ReturnType<typeof once>>[] = []
    for (let round = 0; round <= rounds; round++) seen.push(await once(method, count, round))
    // The first warms up.
    const of = (key: keyof (typeof seen)[number]) => median(seen.slice(1).map((each) => each[key]))
    const [forwardMs, explainerMs, pictureMs] = [of('forwardMs'), of('explainerMs'), of('pictureMs')]
    const shares = [explainerMs / forwardMs, (explainerMs + pictureMs) / forwardMs]
    const cells = [(forwardMs / 1000).toFixed(2), explainerMs.toFixed(0), pictureMs.toFixed(0)]
    console.log(`| ${[method, count, ...cells, ...shares.map((share) => share.toFixed(3))].join(' | ')} |`)
  }
}

async function once(method: string, count: number, seed: number) {
  const spec = methodSpec(method, {}, forwards)
  const { explained, spent } = await explainPhoto(sessions, photo, { method: spec, policy: policyOf(count), seed })
  const start = performance.now()
  await draw(explained)
  return { ...spent, pictureMs: performance.now() - start }
}

/** A picture of each target, as a person is shown it. */
async function draw({ attributions }: Explained): Promise<void> {
  const image = await decodeImage(await readFile(photo))
  for (const { target, map } of attributions) {
    await renderOverlay({ photo: image, map, box: target.box, label: target.label })
  }
}

/** Boxes here and there, of the first detection's class: what they hold does not matter to the time they take. */
function policyOf(count: number): TargetPolicy {
  const given = Array.from({ length: count }, (_, i): GivenTarget => {
    const [x, y] = [((i % 5) / 5) * size.width, (Math.floor(i / 5) / 5) * size.height]
    const box: Box = [x, y, x + size.width / 4, y + size.height / 4]
    return { ...label, box }
  })
  return { kind: 'detections', minScore: 0.3, maxTargets: count, objectives: ['score'], given }
}

/** The first photo in which the detector sees something. */
async function firstSeen() {
  for (const path of fixturePhotos(20)) {
    const policy: TargetPolicy = { kind: 'detections', minScore: 0.3, maxTargets: 1, objectives: ['score'] }
    const asked = { method: methodSpec('box-gaussian'), policy, seed: 1 }
    const { explained } = await explainPhoto(sessions, path, asked)
    const target = explained.attributions[0]?.target
    if (target) return [path, explained, { class: target.class, label: target.label }] as const
  }
  throw new Error(`${name} sees nothing in the first fixture photos`)
}
