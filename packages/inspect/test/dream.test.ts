import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Descriptor } from '@fanlight/contracts'
import { sha256 } from '@fanlight/contracts'
import { decodeImage } from '@fanlight/image'
import { ElemType, encodeModel, GraphEditor, newModel, tensor } from '@fanlight/onnx'
import { crashingModel } from '../../detector/test/synthetic.ts'
import { type ClimbQuestion, dreamSteps } from '../src/dream/dream-steps.ts'
import { logOddsOf, surest } from '../src/dream/log-odds.ts'
import { pictureGradient, tensorOf } from '../src/dream/picture-tensor.ts'
import { type DreamRequest, type DreamStep, startInspector } from '../src/index.ts'

const models = fileURLToPath(new URL('../../../../shared/fixtures/models/', import.meta.url))
const fixturesAbsent = existsSync(models) ? false : '../shared/fixtures absent'

const notX64 = arch() === 'x64' ? false : 'the trap is x86’s'

const inspector = startInspector()
after(() => inspector[Symbol.asyncDispose]())

const SIDE = 32
/** BGR in 0..255, as YOLOX has it; the decoder is not asked for channels. */
const descriptor: Descriptor = {
  family: 'yolox',
  familyVersion: 1,
  inputName: 'images',
  width: SIDE,
  height: SIDE,
  preprocess: { channels: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
  classNames: ['thing'],
  strides: [8],
  anchors: [],
  nmsIou: 0.5,
}

/** Of the network's planes, which are BGR. */
const template = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y, plane] = [(i % SIDE) / SIDE, (Math.floor(i / SIDE) % SIDE) / SIDE, Math.floor(i / (SIDE * SIDE))]
  return (1 + plane / 4) * (Math.exp(-((x - 0.4) ** 2 + (y - 0.6) ** 2) * 12) - 0.3)
})

/** A convolution as large as the image: channel 1 is the match with the template, channel 0 is nothing. */
function templateModel(): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'template', producer: 'test', opset: 17 }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, SIDE, SIDE])
  const weights = new Float32Array(2 * template.length)
  weights.set(template, template.length)
  const held = editor.addInitializer(tensor('w', [2, 3, SIDE, SIDE], weights))
  editor.addNode('Conv', { inputs: ['images', held], outputs: ['match'] })
  editor.addNode('Relu', { inputs: ['match'], outputs: ['out'] })
  editor.addOutput('out', ElemType.FLOAT, [1, 2, 1, 1])
  return encodeModel(editor.model)
}

const stored = (bytes: Uint8Array) => ({ name: 'by hand', sha256: sha256(bytes), read: async () => bytes })
const byHand = stored(templateModel())
const request: DreamRequest = {
  aim: { kind: 'channel', layer: 'match', channel: 1 },
  descriptor,
  steps: 24,
  seed: 3,
  pictures: 3,
}

const all = (dream: AsyncIterable<DreamStep>): Promise<DreamStep[]> => Array.fromAsync(dream)

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

suite('dreams of a network made by hand', () => {
  test('the dream of a channel that matches a template is the template, in the colours of a photo', async () => {
    const steps = await all(inspector.dream(byHand, request))
    assert.deepEqual(
      steps.filter(({ png }) => png).map(({ step }) => step),
      [0, 12, 24],
    )
    assert.ok(steps.at(-1)!.value > steps[0]!.value)
    assert.equal(steps[0]!.score, null)
    const { data, width, height } = await decodeImage(steps.at(-1)!.png!)
    assert.deepEqual([width, height], [SIDE, SIDE])
    const found = template.map((_, i) => data[(i % (SIDE * SIDE)) * 3 + 2 - Math.floor(i / (SIDE * SIDE))]!)
    assert.ok(correlation(found, template) >= 0.9, `correlation ${correlation(found, template)}`)
  })

  test('the same seed gives the same pictures and heights, another seed others', async () => {
    const first = await all(inspector.dream(byHand, request))
    assert.deepEqual(await all(inspector.dream(byHand, request)), first)
    assert.notDeepEqual((await all(inspector.dream(byHand, { ...request, seed: 4 }))).at(-1)!.png, first.at(-1)!.png)
  })

  test('a channel without weights does not rise', async () => {
    const steps = await all(inspector.dream(byHand, { ...request, aim: { ...request.aim, channel: 0 } as never }))
    assert.ok(steps.every(({ value }) => value === 0))
  })

  const refusals: readonly [string, Partial<DreamRequest>, { code: string; message: RegExp }][] = [
    [
      'a layer that is not there',
      { aim: { kind: 'channel', layer: 'mach', channel: 0 } },
      { code: 'USAGE', message: /match/ },
    ],
    [
      'a channel too far',
      { aim: { kind: 'channel', layer: 'match', channel: 2 } },
      { code: 'USAGE', message: /0 to 1/ },
    ],
    [
      'the picture itself',
      { aim: { kind: 'channel', layer: 'images', channel: 0 } },
      { code: 'USAGE', message: /behind/ },
    ],
    ['a class too far', { aim: { kind: 'class', class: 1 } }, { code: 'USAGE', message: /0 to 0/ }],
    ['no steps', { steps: 0 }, { code: 'USAGE', message: /1 to 2048/ }],
    ['one picture', { pictures: 1 }, { code: 'USAGE', message: /2 to 64/ }],
    [
      'a picture that is too large',
      { descriptor: { ...descriptor, width: 8192, height: 8192 } },
      { code: 'MODEL_UNSUPPORTED', message: /too large/ },
    ],
  ]
  for (const [what, changed, expected] of refusals) {
    test(`${what} is refused`, async () => {
      await assert.rejects(all(inspector.dream(byHand, { ...request, ...changed })), expected)
    })
  }

  test('a network that takes its process down is tried twice, and costs its own dream only', {
    skip: notX64,
  }, async () => {
    const large = { ...descriptor, width: 64, height: 64 }
    const crashing: DreamRequest = { ...request, aim: { kind: 'class', class: 0 }, descriptor: large }
    await assert.rejects(all(inspector.dream(stored(crashingModel('always')), crashing)), { code: 'WORKER_CRASHED' })
    assert.equal((await all(inspector.dream(byHand, { ...request, steps: 1 }))).length, 2)
  })
})

test('whoever stops listening stops the ascent', async () => {
  let asked = 0
  const climb = async ({ picture }: ClimbQuestion) => {
    asked++
    return { value: asked, score: null, png: null, gradient: picture }
  }
  for await (const { step } of dreamSteps(request, climb)) if (step === 3) break
  assert.equal(asked, 4)
})

test('a picture is fed in the order and range of the preprocessing, and its gradient comes back the same way', () => {
  const preprocess = { ...descriptor.preprocess, mean: [10, 20, 30], std: [2, 4, 5] } as const
  const fed = { preprocess: { ...preprocess, mean: [...preprocess.mean], std: [...preprocess.std] } } as Descriptor
  assert.deepEqual([...tensorOf(Float32Array.of(1, 0, 0.2), fed)], [(51 - 10) / 2, -5, (255 - 30) / 5].map(Math.fround))
  assert.deepEqual([...pictureGradient(Float32Array.of(1, 2, 3), fed)], [3 * 51, 2 * 63.75, 127.5])
})

test('the log-odds of the surest, and their slope against differences', () => {
  const presences = Float64Array.of(0.2, 0.9, 0.5)
  const probabilities = Float64Array.of(0.9, 0.3, 0.6)
  const into = [new Float32Array(3), new Float32Array(3)]
  const add = (cotangent: Float32Array, index: number, weight: number) => {
    cotangent[index]! += weight
  }
  const predictions = {
    count: 3,
    classCount: 1,
    objectness: (index: number) => presences[index]!,
    probability: (index: number) => probabilities[index]!,
    box: () => {},
    backward: {
      objectness: (index: number, weight: number) => add(into[0]!, index, weight),
      probability: (index: number, _: number, weight: number) => add(into[1]!, index, weight),
      box: () => {},
    },
  }
  const indices = surest(predictions, 0, 2)
  assert.deepEqual(indices, [2, 1])
  const { value, score } = logOddsOf(predictions, { indices, classIndex: 0 }, into)
  const odds = (p: number) => Math.log(p / (1 - p))
  assert.ok(Math.abs(value - (odds(0.5) + odds(0.6) + odds(0.9) + odds(0.3)) / 2) < 1e-12)
  assert.equal(score, 0.3)
  const slopes = [...into[0]!, ...into[1]!]
  const expected = [0, 0.5 / 0.09, 0.5 / 0.25, 0, 0.5 / 0.21, 0.5 / 0.24]
  for (const [i, slope] of slopes.entries()) assert.ok(Math.abs(slope - expected[i]!) < 1e-5, `${slope} at ${i}`)
})

suite('dreams of a real detector', { skip: fixturesAbsent }, () => {
  const path = join(models, 'yolox_nano.onnx')
  const dreamOf = async (aim: (descriptor: Descriptor) => DreamRequest['aim'], steps: number) => {
    const { descriptor, sha256 } = await inspector.network({ path })
    assert.ok(descriptor)
    return all(inspector.dream({ path, sha256 }, { aim: aim(descriptor), descriptor, steps, seed: 0, pictures: 2 }))
  }

  test('a few steps already raise a person far above noise', async () => {
    const steps = await dreamOf(({ classNames }) => ({ kind: 'class', class: classNames.indexOf('person') }), 8)
    const [first, last] = [steps[0]!, steps.at(-1)!]
    assert.ok(last.value > first.value + 4, `${first.value} to ${last.value}`)
    assert.ok(last.score! > 10 * first.score!, `${first.score} to ${last.score}`)
  })

  test('a detection rises at its place', async () => {
    const aim = ({ classNames }: Descriptor) =>
      ({
        kind: 'detection',
        class: classNames.indexOf('car'),
        box: [100, 160, 320, 280] as [number, number, number, number],
      }) as const
    const steps = await dreamOf(aim, 4)
    assert.ok(steps.at(-1)!.value > steps[0]!.value + 1)
  })

  for (const layer of ['Conv_119', 'Conv_41']) {
    test(`a channel of ${layer} rises`, async () => {
      const steps = await dreamOf(() => ({ kind: 'channel', layer, channel: 5 }), 4)
      assert.ok(steps.at(-1)!.value > steps[0]!.value)
    })
  }
})
