import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Scratch } from './fanlight.ts'

const fixtures = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url))
const skip = existsSync(fixtures) ? false : '../shared/fixtures absent'
const nano = `${fixtures}models/yolox_nano.onnx`
const skier = `${fixtures}photos/000000000785.jpg`

suite('fanlight inspect activations and channels', { skip }, () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
  })
  after(() => scratch[Symbol.asyncDispose]())
  const inspect = (...more: string[]) => scratch.run(['inspect', ...more, '--model', nano])

  test('activations of a photo: a table, its JSON, and a page that needs nothing beside it', async () => {
    const { code, stdout, stderr } = await inspect('activations', skier, '--out', 'inside')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /detection +1 of 2: person, score 0\.88/)
    assert.match(stdout, /layer +1070: 64 channels of 26 × 26/)
    assert.match(stdout, /Mul_43 +SiLU +16 × 208 × 208/)
    const files = (await readdir(scratch.path('inside'))).sort()
    assert.deepEqual(files, ['activations-best.png', 'activations-worst.png', 'activations.html'])
    const page = await readFile(scratch.path('inside', 'activations.html'), 'utf8')
    assert.equal(page.match(/src="data:image\/(png|jpeg);base64,/g)?.length, 3)
    assert.doesNotMatch(page, /<script|https?:/)
    const other = await inspect('activations', skier, '--class', 'skis', '--layer', 'Mul_43', '--json')
    const { detections, target, layer, channels, functions } = JSON.parse(other.stdout)
    assert.deepEqual([detections[target].label, layer.channels, channels.length], ['skis', 16, 16])
    assert.equal(functions.length, 110)
  })

  test('channels of a folder: what cannot be read is told, passed over, and the exit code', async () => {
    await mkdir(scratch.path('photos'))
    await copyFile(skier, scratch.path('photos', 'skier.jpg'))
    await writeFile(scratch.path('photos', 'broken\u001b[31m.jpg'), 'no photo')
    const { code, stdout, stderr } = await inspect('channels', 'photos', '--out', 'inside')
    assert.equal(code, 3, stderr)
    assert.match(stderr, /broken\\e\[31m\.jpg: the file is no picture/)
    assert.match(stdout, /2 detections in 1 of 1 photos/)
    assert.match(stdout, /person +1 +1070 +62 +0\.0811 +0\.885 +0\.774/)
    const page = await readFile(scratch.path('inside', 'channels.html'), 'utf8')
    assert.doesNotMatch(page, /<script|https?:/)
    assert.ok(!page.includes('\u001b'))
    const json = await inspect('channels', 'photos', '--class', 'skis', '--json')
    const lines = json.stdout.trim().split('\n')
    assert.equal(lines.length, 1)
    const { label, channels } = JSON.parse(lines[0]!)
    assert.equal(label, 'skis')
    assert.ok(channels[0].silenced.silencedScore < channels[0].silenced.score)
  })

  test('a layer, class or photo that is not there: what there is, and nothing is written', async () => {
    for (const [args, said] of [
      [['activations', skier, '--layer', 'Mul_4333'], /no layer "Mul_4333".*"Mul_43".*USAGE/],
      [['activations', skier, '--class', 'dog'], /no detection of the class "dog"; it has 1 "person".*NOT_FOUND/],
      [['activations', skier, '--min-score', '1'], /nothing of a score of 1 or more is detected/],
      [['activations', skier, '--class', 'dog', '--detection', '1'], /give one of them/],
      [['activations', 'nowhere.jpg'], /nowhere\.jpg is not there/],
      [['channels', skier, '--class', 'persn'], /no class "persn".*"person"/],
      [['channels', skier, '--min-score', '1'], /nothing of a score of 1 or more is detected in any of 1 photo/],
    ] as const) {
      const { code, stdout, stderr } = await inspect(...args, '--out', 'nothing')
      assert.deepEqual([code, stdout], [2, ''], stderr)
      assert.match(stderr, said)
    }
    assert.ok(!existsSync(scratch.path('nothing')))
  })
})
