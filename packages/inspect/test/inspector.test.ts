import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sha256 } from '@fanlight/contracts'
import { ElemType, encodeModel, GraphEditor, newModel, tensor } from '@fanlight/onnx'
import {
  crashingModel,
  endlessModel,
  externalModel,
  greedyModel,
  scratchFolder,
} from '../../detector/test/synthetic.ts'
import { startInspector } from '../src/index.ts'

const models = fileURLToPath(new URL('../../../../shared/fixtures/models/', import.meta.url))
const fixturesAbsent = existsSync(models) ? false : '../shared/fixtures absent'
const folder = scratchFolder()

const inspector = startInspector()
after(() => inspector[Symbol.asyncDispose]())

interface Small {
  readonly elemType: ElemType
  readonly op: string
  readonly input: readonly number[]
}

/** A 1 × 1 convolution on an image, in float16 or float32, behind an operator that nobody knows if asked for. */
function small({ elemType = ElemType.FLOAT, op = 'Relu', input = [1, 3, 8, 8] }: Partial<Small> = {}): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'small', producer: 'test', opset: 17 }))
  editor.addInput('images', elemType, input)
  const weights = tensor('w', [2, 3, 1, 1], Float32Array.of(1, 2, 3, 4, 5, 6))
  if (elemType === ElemType.FLOAT16) {
    weights.dataType = ElemType.FLOAT16
    weights.rawData = new Uint8Array(new Float16Array([1, 2, 3, 4, 5, 6]).buffer)
  }
  editor.addNode('Conv', { inputs: ['images', editor.addInitializer(weights)], outputs: ['mixed'] })
  editor.addNode(op, { inputs: ['mixed'], outputs: ['out'] })
  editor.addOutput('out', elemType, [])
  return encodeModel(editor.model)
}

suite('looking into real networks', () => {
  const real = (title: string, run: () => Promise<void>) => test(title, { skip: fixturesAbsent }, run)

  for (const [file, family, macs] of [
    ['yolox_nano.onnx', 'yolox', 522_553_408],
    ['yolox_nano_v8layout.onnx', 'ultralytics', 522_553_408],
    ['light_person_192.onnx', 'yolox', 107_490_816],
    ['nanodet_m_320.onnx', 'nanodet', 342_223_200],
    ['ultraface_rfb_320.onnx', 'ultraface', 100_418_560],
  ] as const) {
    real(`${file}: its cost by the shapes of a run, and its family`, async () => {
      const { summary, weights, descriptor, notRun } = await inspector.network({ path: `${models}${file}` })
      assert.equal(notRun, null)
      assert.equal(summary.layersOfUnknownCost, 0)
      assert.equal(summary.macs, macs)
      assert.equal(descriptor?.family, family)
      assert.equal(weights.unread.length, 0)
    })
  }

  real('draws kernels, of bytes that are read once as long as they are the last', async () => {
    const bytes = await readFile(`${models}yolox_nano.onnx`)
    let reads = 0
    const read = async () => {
      reads++
      return bytes
    }
    const stored = { name: 'stored', sha256: sha256(bytes), read }
    const picture = await inspector.kernels(stored, { layer: 'Conv_41' })
    assert.equal(Buffer.from(picture.png.subarray(1, 4)).toString(), 'PNG')
    await inspector.kernels(stored, { layer: 'Conv_44' })
    assert.equal(reads, 1)
    await inspector.network({ path: `${models}light_person_192.onnx` })
    await inspector.kernels(stored, { layer: 'Conv_44' })
    assert.equal(reads, 2)
    await assert.rejects(inspector.kernels(stored, { layer: 'Conv_42' }), { code: 'NOT_FOUND', message: /"Conv_41"/ })
  })
})

suite('networks that cannot be run', () => {
  test('a float16 network is no such', async () => {
    const path = folder.write('half.onnx', small({ elemType: ElemType.FLOAT16 }))
    const { summary, weights, notRun } = await inspector.network({ path })
    assert.equal(notRun, null)
    assert.equal(summary.macs, 2 * 64 * 3)
    assert.deepEqual([weights.layers[0]!.min, weights.layers[0]!.max], [1, 6])
  })

  test('an operator that nobody knows leaves the weights to be seen, and is named', async () => {
    const path = folder.write('unknown.onnx', small({ op: 'Frobnicate' }))
    const { summary, weights, notRun } = await inspector.network({ path })
    assert.match(notRun!, /onnxruntime cannot run it.*Frobnicate/)
    assert.equal(weights.layers.length, 1)
    assert.deepEqual([summary.macs, summary.layersOfUnknownCost], [0, 1])
  })

  test('an input of gigabytes, and one that is no image, are not even tried', async () => {
    const vast = await inspector.network({ path: folder.write('vast.onnx', small({ input: [1, 3, 40_000, 40_000] })) })
    assert.match(vast.notRun!, /40000 × 40000/)
    const flat = await inspector.network({ path: folder.write('flat.onnx', small({ input: [1, 99] })) })
    assert.match(flat.notRun!, /\[batch, 3, height, width\]/)
  })

  for (const [what, bytes, said, skip] of [
    ['crashes', crashingModel('always'), /ended by SIGFPE/, arch() === 'x64' ? false : 'the trap is x86’s'],
    ['never ends', endlessModel('always'), /more than 4000 ms/, false],
    ['takes all memory', greedyModel('always'), /memory/, false],
  ] as const) {
    test(`one that ${what} costs its own run, and is seen without`, { skip, timeout: 60_000 }, async () => {
      await using careful = startInspector({ loadTimeoutMs: 4000, maxResidentBytes: 600 * 2 ** 20 })
      const path = folder.write(`${what}.onnx`, bytes)
      const [trapped, sound] = await Promise.all([
        careful.network({ path }),
        careful.network({ path: folder.write('sound.onnx', small()) }),
      ])
      assert.match(trapped.notRun!, said)
      assert.ok(trapped.summary.layers.length > 5)
      assert.equal(sound.notRun, null, 'the one that waited behind it was asked again')
    })
  }
})

suite('files that are refused', () => {
  const refused = [
    ['is cut off', small().subarray(0, 60), 'MODEL_INVALID'],
    ['is empty', new Uint8Array(), 'MODEL_INVALID'],
    ['points to another file', externalModel('../../etc/passwd'), 'MODEL_UNSAFE'],
  ] as const
  for (const [what, bytes, code] of refused) {
    test(`one that ${what}`, async () => {
      const path = folder.write(`refused ${what}.onnx`, bytes)
      await assert.rejects(inspector.network({ path }), (error: Error & { code?: string }) => {
        assert.equal(error.code, code)
        assert.ok(error.message.includes(`refused ${what}.onnx`), 'the error names the file')
        return true
      })
    })
  }

  test('one that is not there, is a folder, is too large, or is another than it was', async () => {
    await assert.rejects(inspector.network({ path: folder.path('nothing.onnx') }), { code: 'MODEL_NOT_FOUND' })
    await assert.rejects(inspector.network({ path: folder.path('.') }), { code: 'NOT_A_FILE' })
    const path = folder.write('small.onnx', small())
    await assert.rejects(inspector.network({ path, sha256: sha256('another') }), { code: 'MODEL_INVALID' })
    await using strict = startInspector({ maxModelBytes: 100 })
    await assert.rejects(strict.network({ path }), { code: 'MODEL_UNSAFE', message: /at most 100/ })
  })

  test('the child that has nothing to do is closed, and another takes the next question', async () => {
    await using restless = startInspector({ idleMs: 1 })
    const path = folder.write('again.onnx', small())
    for (let turn = 0; turn < 3; turn++) {
      assert.equal((await restless.network({ path })).notRun, null)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})
