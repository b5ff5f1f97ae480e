import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { Question } from '@fanlight/contracts'
import { methodSpec } from '@fanlight/explain'
import { packLabels } from '@fanlight/segments'
import { brightDetector } from '../../packages/detector/test/bright-detector.ts'
import { nanModel, plainPhoto, syntheticModel } from '../../packages/detector/test/synthetic.ts'
import { Scratch } from '../e2e/fanlight.ts'

// Methods that hide pieces of the photo: photos, boxes, detectors and parameters of which nothing can come.

let scratch: Scratch
before(async () => {
  scratch = await Scratch.make()
  for (const folder of ['photos', 'dots', 'strips', 'both']) await mkdir(scratch.path(folder))
  await writeFile(scratch.path('photos/dull.bmp'), plainPhoto(150))
  await writeFile(scratch.path('dots/dot.bmp'), plainPhoto(150, 1))
  await writeFile(scratch.path('strips/strip.bmp'), plainPhoto(150, 20_000, 3))
  await writeFile(scratch.path('both/black.bmp'), plainPhoto(0))
  await writeFile(scratch.path('both/half.bmp'), plainPhoto(0).fill(255, 54 + 32 * 64 * 3))
  await writeFile(scratch.path('bright.onnx'), brightDetector())
})
after(() => scratch[Symbol.asyncDispose]())

const ALL = 'focus,lime,aise,kernel-shap,owen,shapley-permutation,evaluate'
const hiding = ['--method', ALL, '--set', 'evaluate.method=lime', '--set', 'evaluate.steps=3']
const pieces = [
  ...['lime.segmentation={"kind":"slic"}', 'kernel-shap.segmentation={"kind":"boxes"}'],
  ...['owen.segmentation={"kind":"grid","rows":4,"cols":4}', 'shapley-permutation.segmentation={"kind":"slic"}'],
].flatMap((set) => ['--set', set])

interface Row {
  readonly image: { path: string }
  readonly method: string
  readonly target: { score: number }
  readonly inBoxEnergy: number | null
  readonly doubts: readonly { code: string; value: number }[]
}

interface Failure {
  readonly image: { path: string }
  readonly method: string
  readonly code: string
  readonly message: string
}

async function explain(photos: string, model: string, args: readonly string[], forwards = 60) {
  const options = ['--model', model, '--forwards', String(forwards), '--workers', '1', '--no-overlays', '--out', 'out']
  const ended = await scratch.run(['explain', photos, ...options, ...args])
  assert.doesNotMatch(ended.stderr, /mistake in Fanlight/)
  const rows = () => scratch.lines<Row>('out', 'attributions.ndjson')
  return { ...ended, rows, failures: () => scratch.lines<Failure>('out', 'failures.ndjson') }
}

const refused: readonly [what: string, args: readonly string[], told: RegExp][] = [
  [
    'segmentation is unknown',
    ['--method', 'lime', '--set', 'lime.segmentation={"kind":"voronoi"}'],
    /'slic'.*not \{"kind":"voronoi"\}.*at segm/s,
  ],
  ['segmentation is a word', ['--method', 'lime', '--set', 'lime.segmentation=slic'], /expected object.*at segm/s],
  [
    'superpixel is the only one',
    ['--set', 'lime.segmentation={"kind":"slic","segments":1}', '--method', 'lime'],
    />=2/,
  ],
  ['fill is unknown', ['--set', 'focus.fill={"kind":"purple"}'], /'mean' \| 'constant' \| 'blur' \| 'inpaint'/],
  ['blur is wider than the photo', ['--set', 'focus.fill={"kind":"blur","sigma":9}'], /<=0\.5.*at fill\.sigma/s],
  ['ring around a pixel has no width', ['--set', 'focus.fill={"kind":"inpaint","radius":0}'], /at fill\.radius/],
  ['colour does not exist', ['--set', 'focus.fill={"kind":"constant","rgb":[0,-1,256]}'], /rgb\[1\].*rgb\[2\]/s],
  [
    'regression has thousands of pieces',
    ['--method', 'kernel-shap', '--set', 'kernel-shap.segmentation={"kind":"grid","rows":64,"cols":64}'],
    /Too many pieces, 4096: .*1024 at most\s.*at segmentation/s,
  ],
  ['ridge is none', ['--method', 'kernel-shap', '--set', 'kernel-shap.ridge=none'], /auto, or .* 0 to 10, not "none"/],
  ['given box has no area', ['--target', 'class 0:10,10,10,50'], /--target "class 0:10,10,10,50" has no area: /],
  ['given box is no number', ['--target', 'class 0:NaN,10,20,50'], /--target "class 0:NaN.*CLASS:X1,Y1,X2,Y2/],
  ['evaluation is of itself', ['--method', 'evaluate', '--set', 'evaluate.method=evaluate'], /cannot measure itself/],
]

for (const [what, args, told] of refused) {
  test(`a job whose ${what} is refused before any work`, async () => {
    const { code, stdout, stderr } = await explain('photos', 'bright.onnx', args)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, told)
    assert.match(stderr, /\(USAGE\)/)
  })
}

test('a budget below what a method can work with is refused with the least one, which works', async () => {
  const { code, stderr } = await explain('photos', 'bright.onnx', ['--method', 'focus'], 5)
  assert.equal(code, 2, stderr)
  assert.match(stderr, /focus cannot work with 5 forwards: .*at least \d+.*\(USAGE\)/)
  for (const method of ALL.split(',')) {
    const given = method === 'evaluate' ? { method: 'lime' } : {}
    const least = leastOf(() => methodSpec(method, given, 5))
    assert.ok(methodSpec(method, given, least))
    assert.equal(
      leastOf(() => methodSpec(method, given, least - 1)),
      least,
    )
  }
})

function leastOf(make: () => unknown): number {
  try {
    make()
  } catch (error) {
    return Number((error as Error).message.match(/at least (\d+)/)?.[1])
  }
  return assert.fail('a budget too small was taken')
}

test('a budget beyond what a method can spend is refused with the most that it takes', async () => {
  const { code, stderr } = await explain('photos', 'bright.onnx', ['--method', 'focus'], 1_000_000_000)
  assert.equal(code, 2, stderr)
  assert.match(stderr, /focus cannot work with 1000000000 forwards: .*<=20000, not 99999\d+.*\(USAGE\)/s)
})

test('labels that are not of their raster are no question, and none is asked of cells without end', () => {
  const ask = (labels: object, raster = { rows: 2, cols: 3 }) =>
    Question.safeParse({
      kind: 'score',
      targets: [{ box: [0, 0, 9, 9], class: 0 }],
      objectives: ['score'],
      minObjectness: 0.05,
      segments: { kind: 'grid', ...raster, edges: 'hard', labels },
      fill: { kind: 'mean' },
      coalitions: [{ kind: 'random', count: 1, first: 0, seed: 1, probability: 0.5, shift: false }],
    })
  const labels = packLabels([0, 0, 1, 2, 1, 1], 3)
  assert.equal(ask(labels).error, undefined)
  for (const [wrong, raster] of [
    [{ ...labels, count: 2 }],
    [{ ...labels, count: 1e9 }],
    [{ ...labels, of: '' }],
    [{ ...labels, of: 'no base64!' }],
    [packLabels([0, 0, 1, 2, 1], 3)],
    [labels, { rows: 3, cols: 3 }],
    [labels, { rows: 1e9, cols: 1e9 }],
    [labels, { rows: 0, cols: 0 }],
  ] as const)
    assert.equal(ask(wrong, raster).success, false, JSON.stringify([wrong, raster]))
})

test('a photo of one pixel, which nothing can be told from, has empty maps and every reason to doubt them', async () => {
  const { code, stderr, rows } = await explain('dots', 'bright.onnx', [...hiding, ...pieces])
  assert.equal(code, 0, stderr)
  assertUnmoved(await rows())
})

test('a photo of 20,000 × 3 pixels is explained by every method', async () => {
  const given = ['--target', 'class 0:0,0,20000,3']
  const { code, stderr, rows } = await explain('strips', 'bright.onnx', [...hiding, ...pieces, ...given])
  assert.equal(code, 0, stderr)
  assert.deepEqual((await rows()).map(({ method }) => method).sort(), ALL.split(',').sort())
})

test('a detector whose score never moves, too', async () => {
  const seen = new Float32Array(84 * 6)
  seen.set([0, 0, 1, 1, 1, 0.75], (64 + 10) * 6)
  await writeFile(
    scratch.path('constant.onnx'),
    syntheticModel({ outputs: [{ name: 'output', dims: [1, 84, 6], data: seen }] }),
  )
  const { code, stderr, rows } = await explain('photos', 'constant.onnx', [...hiding, ...pieces])
  assert.equal(code, 0, stderr)
  assertUnmoved(await rows())
})

function assertUnmoved(rows: readonly Row[]): void {
  assert.deepEqual(rows.map(({ method }) => method).sort(), ALL.split(',').sort())
  for (const { method, inBoxEnergy, doubts } of rows) {
    assert.equal(inBoxEnergy, null, `${method} shows something`)
    const empty = doubts.find(({ code }) => code === 'scores-when-empty')
    assert.ok(empty && empty.value > 0.99, `${method}: ${JSON.stringify(doubts)}`)
  }
}

test('a given box where nothing is has no evidence, and the one beside it has', async () => {
  const boxes = ['--target', 'class 0:0,0,5,5', '--target', 'class 0:10,10,54,54']
  const { code, stderr, rows } = await explain('photos', 'bright.onnx', [...hiding, ...pieces, ...boxes])
  assert.equal(code, 0, stderr)
  const all = await rows()
  assert.equal(all.length, 2 * ALL.split(',').length)
  for (const { method, target, inBoxEnergy, doubts } of all) {
    if (target.score === 0) assert.equal(inBoxEnergy, null, `${method} sees something in nothing`)
    assert.equal(doubts[0]?.code === 'nothing-there', target.score === 0, `${method}: ${JSON.stringify(doubts)}`)
  }
  assert.equal(all.filter(({ target }) => target.score === 0).length, all.length / 2)
})

test('NaN under masks fails the photos and methods that came to it, and the rest of the job goes on', async () => {
  await writeFile(scratch.path('sly.onnx'), nanModel('dull'))
  const { code, stderr, rows, failures } = await explain('both', 'sly.onnx', [...hiding, ...pieces])
  assert.equal(code, 3, stderr)
  const failed = await failures()
  assert.deepEqual(failed.map(({ method }) => method).sort(), ALL.split(',').sort())
  for (const { image, code: reason, message } of failed) {
    assert.deepEqual([image.path, reason], ['both/half.bmp', 'MODEL_OUTPUT_INVALID'])
    assert.match(message, /"output".*NaN/)
  }
  const made = await rows()
  assert.deepEqual([...new Set(made.map(({ image }) => image.path))], ['both/black.bmp'])
  assert.equal(made.length, ALL.split(',').length)
})
