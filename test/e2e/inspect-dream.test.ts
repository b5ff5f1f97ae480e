import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Scratch } from './fanlight.ts'

const models = fileURLToPath(new URL('../../../shared/fixtures/models/', import.meta.url))
const skip = existsSync(models) ? false : '../shared/fixtures absent'

suite('fanlight inspect dream', { skip }, () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
  })
  after(() => scratch[Symbol.asyncDispose]())

  const nano = `${models}yolox_nano.onnx`
  const dream = (...more: string[]) => scratch.run(['inspect', 'dream', nano, ...more])

  test('pictures of the way, the page, and the same bytes under the same seed', async () => {
    const { code, stdout, stderr } = await dream('--class', 'person', '--steps', '4', '--pictures', '3')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /dream of +person/)
    assert.deepEqual((await readdir(scratch.path('dream'))).sort(), [
      'dream.html',
      'dream.png',
      'step-0000.png',
      'step-0002.png',
      'step-0004.png',
    ])
    const page = await readFile(scratch.path('dream', 'dream.html'), 'utf8')
    assert.equal(page.match(/src="data:image\/png;base64,iVBOR/g)?.length, 3)
    assert.doesNotMatch(page, /<script|https?:/)
    const again = await dream('--class', 'person', '--steps', '4', '--pictures', '3', '--out', 'again', '--json')
    const heights = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      heights.map(({ step }) => step),
      [0, 1, 2, 3, 4],
    )
    assert.ok(heights.at(-1).value > heights[0].value)
    const pictures = await Promise.all(['dream', 'again'].map((folder) => readFile(scratch.path(folder, 'dream.png'))))
    assert.deepEqual(pictures[0], pictures[1])
  })

  test('a class or a layer that is not there: the nearest are offered, and nothing is written', async () => {
    await writeFile(scratch.path('file'), '')
    for (const [options, said] of [
      [['--class', 'persn'], /no class "persn"; the nearest: "person".*NOT_FOUND/],
      [['--channel', 'Conv_4444:1'], /no layer "Conv_4444".*"Conv_44".*USAGE/],
      [['--channel', 'Conv_41:16'], /no channel 16 .* 0 to 15.*USAGE/],
      [['--channel', 'Conv_41'], /expected LAYER:NUMBER/],
      [['--class', 'person', '--detection', '9,9,1,1'], /x1 < x2/],
      [['--detection', '1,1,9,9'], /name the --class of the --detection/],
      [['--class', 'person', '--channel', 'Conv_41:1'], /either --class or --channel/],
      [[], /either --class or --channel/],
      [['--class', 'person', '--steps', '0'], /from 1 to 2048/],
      [['--class', 'person', '--out', 'file'], /no folder/],
    ] as const) {
      const { code, stdout, stderr } = await dream('--out', 'nothing', ...options)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
    }
    assert.ok(!existsSync(scratch.path('nothing')))
  })
})
