// What an explanation of 1,000 coalitions adds to its forwards: sampling, solving, records and pictures ÷ forwards. In CPU
// time, which a busy machine changes least: of the session's process, which decodes, masks, runs and scores, and of this.
//   npm run bench -- overhead [MODEL] [--forwards 1000] [--rounds 3]

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Box, GivenTarget, TargetPolicy } from '@fanlight/contracts'
import { describeModel, sessionModel } from '@fanlight/detector'
import { type Explained, methodNames, methodSpec } from '@fanlight/explain'
import { type DecodedImage, decodeImage, type OverlayInput, renderBoxes, renderOverlay } from '@fanlight/image'
import { explainPhoto } from './explain-photo.ts'
import { fixtureModel, fixturePhotos } from './fixtures.ts'
import { median, printMachine } from './machine.ts'
import { cpuSeconds } from './processes.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { forwards: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
})
const [forwards, rounds] = [Number(values.forwards), Number(values.rounds)]
const METHODS = ['drise', 'lime', 'kernel-shap', 'focus'].filter((name) => methodNames.some((each) => each === name))
const COUNTS = [1, 5, 20]
const REPORT_SIDE = 560

printMachine('what an explanation adds to its forwards')
const name = positionals[0] ?? 'yolox_nano'
const detector = await describeModel(fixtureModel(name))
await using model = sessionModel({ images: { read: ({ uri }) => readFile(uri) }, workers: 1 })
const sessions = { model, detector }
const [photo, size, label] = await firstSeen()

console.log(`${name}, one session, ${forwards} forwards; CPU time, medians of ${rounds} rounds\n`)
console.log(
  '| method | targets | forwards, s | explainer, ms | overlays, ms | for the report, ms | explainer ÷ forwards | all ÷ forwards |',
)
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const method of METHODS) {
  await once(method, COUNTS[1]!, { forwards: Math.ceil(forwards / 5), seed: 0 })
  for (const count of COUNTS) {
    const seen: Awaited<ReturnType<typeof once>>[] = []
    for (let seed = 1; seed <= rounds; seed++) seen.push(await once(method, count, { forwards, seed }))
    const of = (key: keyof (typeof seen)[number]) => median(seen.map((each) => each[key]))
    const [forwardMs, ...added] = [of('forwardMs'), of('explainerMs'), of('overlayMs'), of('reportMs')]
    const all = added.reduce((sum, ms) => sum + ms, 0)
    const shares = [added[0]! / forwardMs, all / forwardMs].map((share) => share.toFixed(3))
    const cells = [method, count, (forwardMs / 1000).toFixed(2), ...added.map((ms) => ms.toFixed(0)), ...shares]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

async function once(method: string, count: number, asked: { readonly forwards: number; readonly seed: number }) {
  const { forwards, seed } = asked
  const spec = methodSpec(method, {}, forwards)
  const explain = () => explainPhoto(sessions, photo, { method: spec, policy: policyOf(count), seed })
  const [before, { made, ownMs }] = [await cpuSeconds('children'), await cpuOf(explain)]
  const forwardMs = ((await cpuSeconds('children')) - before) * 1000
  const image = await decodeImage(await readFile(photo))
  const overlays = await cpuOf(() => draw(made.explained, image))
  const report = await cpuOf(() => drawForReport(made.explained, image))
  return { forwardMs, explainerMs: ownMs, overlayMs: overlays.ownMs, reportMs: report.ownMs }
}

/** In this process, all of its threads. */
async function cpuOf<T>(work: () => Promise<T>): Promise<{ made: T; ownMs: number }> {
  const start = process.cpuUsage()
  const made = await work()
  const { user, system } = process.cpuUsage(start)
  return { made, ownMs: (user + system) / 1000 }
}

/** A picture of each target, as the renderer draws it. */
async function draw({ attributions }: Explained, image: DecodedImage, size?: Pick<OverlayInput, 'maxSide' | 'format'>) {
  for (const { target, map, interval } of attributions) {
    const halfWidths = interval && { halfWidths: interval.halfWidths }
    await renderOverlay({ photo: image, map, box: target.box, label: target.label, ...halfWidths, ...size })
  }
}

/** What the renderer draws beside them: each smaller, and the photo with its boxes. */
async function drawForReport(explained: Explained, image: DecodedImage) {
  await draw(explained, image, { maxSide: REPORT_SIDE, format: 'webp' })
  const boxes = explained.attributions.map(({ target }) => target.box)
  await renderBoxes(image, boxes, { maxSide: REPORT_SIDE })
}

/**
 * Boxes here and there, of the first detection's class. What they hold does not matter to the time they take, but to
 * `focus`: where evidence lies elsewhere than its prior has it, it fits again, so they are hard ones.
 */
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
