import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Comparison } from '@fanlight/evaluate'
import { Scratch } from './fanlight.ts'
import { greyPng } from './pictures.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../shared/fixtures/${name}`, import.meta.url))
const model = fixture('models/light_person_192.onnx')
const skip = existsSync(model) ? false : '../shared/fixtures absent'

const quick = ['--forwards', '60', '--steps', '4', '--max-targets', '2', '--workers', '2']

interface Evaluation {
  readonly command: string
  readonly comparison: Comparison
  readonly targets: readonly { target: string; size: string; image: { path: string } }[]
  readonly values: readonly { method: string; metric: string; fill: string | null; value: number | null }[]
  readonly failures: readonly { path: string; code: string }[]
}

suite('fanlight evaluate', { skip, timeout: 600_000 }, () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
    await mkdir(scratch.path('photos'))
    for (const name of ['000000000785.jpg', '000000002473.jpg'])
      await copyFile(fixture(`photos/${name}`), scratch.path('photos', name))
    await writeFile(scratch.path('nobody.png'), greyPng(80, 60))
  })
  after(() => scratch?.[Symbol.asyncDispose]())

  const evaluation = async (folder: string): Promise<Evaluation> =>
    JSON.parse(await readFile(scratch.path(folder, 'evaluation.json'), 'utf8'))
  const ask = (...more: string[]) => ['evaluate', model, 'photos', '--methods', 'drise', ...quick, ...more]

  test('a method stands beside four baselines, in a table, a page and a file', async () => {
    const { code, stdout, stderr } = await scratch.run(ask('--quick', '--out', 'out'))
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^drise \(masks 58\) \(reference\) .* 60$/m)
    assert.match(stdout, /^drise \(masks 998\) .* 1,000$/m)
    assert.match(stderr, /there are no intervals: they take at least 6 photos/)
    const { comparison, targets, values } = await evaluation('out')
    assert.deepEqual(
      comparison.methods.map(({ key, baseline }) => [key, baseline]),
      [
        ['drise', false],
        ['drise-redrawn', true],
        ['drise-2', false],
        ['box-gaussian', true],
        ['random', true],
      ],
    )
    assert.deepEqual([comparison.photos, comparison.fills], [2, ['grey 114', 'blur 0.05']])
    assert.equal(comparison.targets, targets.length)
    const insertion = values.filter(({ metric, fill }) => metric === 'insertion' && fill === 'grey 114')
    assert.equal(insertion.length, 5 * targets.length)
    assert.ok(insertion.every(({ value }) => value !== null && value >= 0))
    const gap = comparison.metrics.find(({ metric }) => metric === 'efficiency-gap')!
    assert.ok(
      gap.cells.every(({ mean }) => mean === null),
      'D-RISE promises no sum',
    )
    assert.equal(comparison.curves.length, 5 * 2 * 4)
    const page = await readFile(scratch.path('out', 'comparison.html'), 'utf8')
    assert.match(page, /^<!doctype html>/)
    assert.match(page, /does not apply/)
    assert.match(page, /cannot tell how photos differ/)
    assert.equal(page.match(/data:image\/webp/g)?.length, 2 * 5, 'a map of each method for each photo')
  })

  test('a second run finds the work done and writes the same bytes; --json is the comparison', async () => {
    const again = await scratch.run(ask('--quick', '--json', '--out', 'again'))
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /nothing was left to do/)
    for (const file of ['evaluation.json', 'comparison.html'])
      assert.deepEqual(await readFile(scratch.path('again', file)), await readFile(scratch.path('out', file)))
    const [first] = again.stdout.split('\n').map((line) => line && JSON.parse(line))
    assert.equal(first.metric, 'insertion')
    assert.deepEqual(first.methods[0].method, 'drise')
  })

  test('--no-baselines, fills, metrics and a reference are as asked', async () => {
    const more = ['--no-baselines', '--fills', 'mean,inpaint=0.2', '--metrics', 'deletion,sparsity', '--out', 'few']
    const given = await scratch.run(ask(...more, '--methods', 'odam', '--reference', 'odam', '--no-overlays'))
    assert.equal(given.code, 0, given.stderr)
    const { comparison, command } = await evaluation('few')
    assert.deepEqual(
      [comparison.methods.length, comparison.reference, comparison.fills],
      [2, 'odam', ['mean', 'inpaint 0.2']],
    )
    assert.deepEqual([...new Set(comparison.metrics.map(({ metric }) => metric))], ['deletion', 'sparsity'])
    assert.match(command, /--fills mean,inpaint=0\.2 .*--no-baselines --reference odam/)
    assert.doesNotMatch(await readFile(scratch.path('few', 'comparison.html'), 'utf8'), /data:image/)
  })

  test('a photo without targets leaves nothing to compare, and one that cannot be read is told with exit code 3', async () => {
    const none = await scratch.run([
      'evaluate',
      model,
      'nobody.png',
      '--methods',
      'random',
      '--no-baselines',
      '--out',
      'none',
    ])
    assert.equal(none.code, 0, none.stderr)
    assert.match(none.stderr, /there was no target to measure at/)
    assert.match(await readFile(scratch.path('none', 'comparison.html'), 'utf8'), /nothing to compare/)
    await writeFile(scratch.path('broken.jpg'), 'no photo')
    const broken = await scratch.run([
      'evaluate',
      model,
      'broken.jpg',
      '--methods',
      'random',
      '--no-baselines',
      '--out',
      'bad',
    ])
    assert.equal(broken.code, 3, broken.stderr)
    assert.deepEqual(
      (await evaluation('bad')).failures.map(({ code }) => code),
      ['IMAGE_UNREADABLE'],
    )
  })

  test('what is wrong with a command is said at once, with exit code 2', async () => {
    const wrong: [string[], RegExp][] = [
      [['--methods', 'gradcam'], /there is no method "gradcam"/],
      [['--methods', 'evaluate'], /cannot measure itself/],
      [['--metrics', 'insertoin'], /there is no metric "insertoin".*insertion/],
      [['--fills', 'purple'], /there is no fill "purple".*inpaint/],
      [['--fills', 'blur=9'], /there is no fill "blur=9"/],
      [['--reference', 'lime'], /--reference "lime" is not evaluated: take drise, drise-redrawn/],
      [['--objective', 'loss.box'], /cannot explain loss\.box/],
      [['--steps', '1'], /from 2 to 256/],
    ]
    for (const [args, said] of wrong) {
      const { code, stdout, stderr } = await scratch.run([
        'evaluate',
        model,
        'photos',
        ...(args[0] === '--methods' ? [] : ['--methods', 'drise']),
        ...args,
      ])
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, said)
      assert.equal(stdout, '')
    }
  })
})
