import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { LayerWeights, NetworkSummary } from '@fanlight/network'
import { ElemType, encodeModel, GraphEditor, newModel, tensor } from '@fanlight/onnx'
import { Scratch } from './fanlight.ts'

const models = fileURLToPath(new URL('../../../shared/fixtures/models/', import.meta.url))
const skip = existsSync(models) ? false : '../shared/fixtures absent'

const hostileName = '<script>alert(1)</script>\u001b[2J\u202e'

/** A network whose texts are all hostile. */
function hostileModel(): Uint8Array {
  const metadata = { [hostileName]: hostileName }
  const editor = new GraphEditor(newModel({ name: hostileName, producer: hostileName, opset: 17, metadata }))
  editor.addInput(hostileName, ElemType.FLOAT, ['\u001b]0;size', 3, 8, 8])
  const values = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i + 1))
  const weights = editor.addInitializer(tensor(`w${hostileName}`, [4, 3, 1, 3], values))
  editor.addNode('Conv', { inputs: [hostileName, weights], outputs: [`made ${hostileName}`] })
  editor.addOutput(`made ${hostileName}`, ElemType.FLOAT, [])
  return encodeModel(editor.model)
}

suite('fanlight inspect', () => {
  let scratch: Scratch
  before(async () => {
    scratch = await Scratch.make()
  })
  after(() => scratch[Symbol.asyncDispose]())

  const nano = `${models}yolox_nano.onnx`

  test('model: facts, kinds and layers, and the page', { skip }, async () => {
    const { code, stdout, stderr } = await scratch.run(['inspect', 'model', nano, '--out', 'inside'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /parameters +904,463 in 3\.62 MB/)
    assert.match(stdout, /cost +523 M multiply-accumulates for an image \(1\.05 G FLOPs\)/)
    assert.match(stdout, /^Conv_41 +Conv +1 × 16 × 208 × 208 +kernel 3 × 3, padding 1 +1,744 +74\.8 M +14\.3 %/m)
    assert.match(stdout, /^Conv_67 .*Conv_62, Conv_50, Conv_53$/m)
    assert.doesNotMatch(stdout, /Sigmoid_42/)
    assert.match(stderr, /256 layers without parameters and cost: see --all/)
    const page = await readFile(scratch.path('inside', 'model.html'), 'utf8')
    assert.match(page, /<a href="#l\d+">Conv_62<\/a>/)
    assert.doesNotMatch(page, /<script|https?:/)
    const all = await scratch.run(['inspect', 'model', nano, '--all'])
    assert.match(all.stdout, /^Sigmoid_42 +Sigmoid/m)
  })

  test('model --json: all there is, and --layer one of it by the name of its output too', { skip }, async () => {
    const { stdout } = await scratch.run(['inspect', 'model', nano, '--json'])
    const summary: NetworkSummary & { family: string } = JSON.parse(stdout)
    assert.deepEqual([summary.family, summary.layers.length, summary.parameters], ['yolox', 369, 904_463])
    const one = await scratch.run(['inspect', 'model', nano, '--layer', '1180', '--json'])
    assert.deepEqual(
      JSON.parse(one.stdout),
      summary.layers.find(({ name }) => name === 'Conv_44'),
    )
  })

  test('weights: a row a layer, and the page with its kernels', { skip }, async () => {
    await copyFile(`${models}nanodet_m_320.onnx`, scratch.path('nanodet.onnx'))
    const { code, stdout, stderr } = await scratch.run(['inspect', 'weights', 'nanodet.onnx', '--out', 'inside'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Conv_6 +Conv +58 × 24 × 1 × 1 .* 58 +5 +–$/m)
    const page = await readFile(scratch.path('inside', 'weights.html'), 'utf8')
    assert.equal(page.match(/src="data:image\/png;base64,iVBOR/g)?.length, 73)
    assert.match(page, /5 of 58: 2, 21, 25, 29, 31/)
    const json = await scratch.run(['inspect', 'weights', 'nanodet.onnx', '--json'])
    const rows: LayerWeights[] = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual([rows.length, rows.reduce((sum, { deadFilters }) => sum + deadFilters, 0)], [73, 286])
    const one = await scratch.run(['inspect', 'weights', 'nanodet.onnx', '--layer', 'Conv_6'])
    assert.match(one.stdout, /dead +5: 2, 21, 25, 29, 31/)
    assert.match(one.stdout, /█/)
  })

  test('a layer that is not there: the nearest is offered, and nothing printed', { skip }, async () => {
    for (const [view, layer, said] of [
      ['model', 'Conv_4444', /no layer "Conv_4444": did you mean "Conv_44"\? \(NOT_FOUND\)/],
      ['weights', 'Conv_4444', /did you mean "Conv_44"/],
      ['weights', 'Sigmoid_42', /a layer of Sigmoid has none \(USAGE\)/],
    ] as const) {
      const { code, stdout, stderr } = await scratch.run(['inspect', view, nano, '--layer', layer])
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
    }
  })

  test('a file that is none, and a name that nobody has', async () => {
    await writeFile(scratch.path('text.onnx'), 'a photo of a dog')
    for (const [file, said] of [
      ['text.onnx', /not an ONNX file.*MODEL_INVALID/],
      ['nothing.onnx', /no model "nothing\.onnx", and no file of that name.*MODEL_NOT_FOUND/],
      ['weights.pt', /PyTorch checkpoint/],
    ] as const) {
      const { code, stdout, stderr } = await scratch.run(['inspect', 'model', file])
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
      assert.doesNotMatch(stderr, /at \w+ \(file:/)
    }
  })

  test('hostile texts command neither the terminal nor the page', async () => {
    await writeFile(scratch.path('hostile.onnx'), hostileModel())
    for (const view of ['model', 'weights']) {
      for (const more of [['--json'], ['--out', 'hostile'], ['--layer', `made ${hostileName}`]]) {
        const { code, stdout, stderr } = await scratch.run(['inspect', view, 'hostile.onnx', ...more])
        assert.equal(code, 0, stderr)
        assert.doesNotMatch(stdout + stderr, /(?!\n)[\p{Cc}\p{Cf}]/u)
      }
      const page = await readFile(scratch.path('hostile', `${view}.html`), 'utf8')
      assert.doesNotMatch(page, /<script|(?!\n)[\p{Cc}\p{Cf}]/u)
    }
  })

  test('the default detector by its name, and help with examples', async () => {
    const { code, stdout, stderr } = await scratch.run(['inspect', 'model', 'tiny-face'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /read as +tiny-yolov2/)
    const help = await scratch.run(['inspect', 'weights', '--help'])
    assert.match(help.stdout, /\$ fanlight inspect weights yolox_nano\.onnx --layer Conv_41/)
    assert.match(help.stdout, /dead +filters all of whose weights are near zero/)
  })
})
