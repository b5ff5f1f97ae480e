import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Descriptor, sha256 } from '@fanlight/contracts'
import { describeModel } from '@fanlight/detector'
import { encodePng } from '@fanlight/image'
import { ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { type DetectorFile, startInsideViewer, surveyChannels } from '../src/index.ts'
import { groupsWithin } from '../src/inside/activations.ts'

const folder = new URL('../../../../shared/fixtures/', import.meta.url)
const fixturesAbsent = existsSync(folder) ? false : '../shared/fixtures absent'

const viewer = startInsideViewer()
after(() => viewer[Symbol.asyncDispose]())

const SIDE = 32
const STRIDE = 8
const CELLS = (SIDE / STRIDE) ** 2

const descriptor: Descriptor = {
  family: 'ultralytics',
  familyVersion: 1,
  inputName: 'images',
  width: SIDE,
  height: SIDE,
  preprocess: { channels: 'RGB', mean: [0, 0, 0], std: [255, 255, 255], resize: 'stretch', pad: [0, 0, 0] },
  classNames: ['blue thing', 'green thing'],
  strides: [STRIDE],
  anchors: [],
  nmsIou: 0.5,
}

/**
 * Features: the mean red, green and blue of each cell, and a channel that is below zero before its ReLU whatever the
 * photo. The class `blue thing` is σ(4 · blue − 2), `green thing` σ(4 · green − 4); all boxes are the whole photo.
 */
function colourModel(): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'colours', producer: 'test', opset: 17 }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, SIDE, SIDE])
  const area = STRIDE * STRIDE
  const means = Float32Array.from({ length: 4 * 3 * area }, (_, i) => {
    const [filter, input] = [Math.floor(i / (3 * area)), Math.floor(i / area) % 3]
    return filter === input ? 1 / area : filter === 3 ? -1 / area : 0
  })
  const boxes = Float32Array.from({ length: 4 * CELLS }, (_, i) => (i < 2 * CELLS ? SIDE / 2 : SIDE))
  editor.addInitializer(tensor('means', [4, 3, STRIDE, STRIDE], means))
  editor.addInitializer(tensor('offsets', [4], Float32Array.of(0, 0, 0, -1)))
  editor.addInitializer(tensor('heads', [2, 4, 1, 1], Float32Array.of(0, 0, 4, 0, 0, 4, 0, 0)))
  editor.addInitializer(tensor('biases', [2], Float32Array.of(-2, -4)))
  editor.addInitializer(tensor('boxes', [1, 4, CELLS], boxes))
  editor.addInitializer(tensor('flat', [3], BigInt64Array.of(1n, 2n, BigInt(CELLS))))
  const strides = ints(STRIDE, STRIDE)
  editor.addNode('Conv', { inputs: ['images', 'means', 'offsets'], outputs: ['raw'], attributes: { strides } })
  editor.addNode('Relu', { inputs: ['raw'], outputs: ['features'] })
  editor.addNode('Conv', { inputs: ['features', 'heads', 'biases'], outputs: ['logits'] })
  editor.addNode('Sigmoid', { inputs: ['logits'], outputs: ['classes'] })
  editor.addNode('Reshape', { inputs: ['classes', 'flat'], outputs: ['rows'] })
  editor.addNode('Concat', { inputs: ['boxes', 'rows'], outputs: ['output'], attributes: { axis: int(1) } })
  editor.addOutput('output', ElemType.FLOAT, [1, 6, CELLS])
  return encodeModel(editor.model)
}

const bytes = colourModel()
const colours: DetectorFile = {
  file: { name: 'colours', sha256: sha256(bytes), read: async () => bytes },
  descriptor,
}

/** A photo of one colour, but for one cell, which is wholly blue. */
async function blueCell(rgb: readonly [number, number, number], column: number, row: number): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)]
    const isBlue = Math.floor(x / STRIDE) === column && Math.floor(y / STRIDE) === row
    return isBlue ? [128, 128, 255][i % 3]! : rgb[i % 3]!
  })
  return await encodePng({ width: SIDE, height: SIDE, data })
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const near = (actual: number, expected: number, within = 1e-5) =>
  assert.ok(Math.abs(actual - expected) < within, `${actual}, not ${expected}`)
const options = { minScore: 0.3 }

suite('activations of a network whose channels are known', () => {
  test('the channel that makes the class is first, by gradient × activation', async () => {
    const photo = await blueCell([128, 128, 0], 2, 1)
    const view = await viewer.ask(colours, { ask: 'activations', photo, options })
    assert.equal(view.layer.name, 'features')
    assert.deepEqual([view.detections[view.target]!.label, view.vanished], ['blue thing', null])
    const [first, ...others] = view.channels
    const p = sigmoid(2)
    assert.equal(first!.channel, 2)
    near(first!.relevance, p * (1 - p) * 4)
    for (const { relevance } of others) assert.equal(relevance, 0)
    assert.deepEqual([first!.min, first!.max], [0, 1])
    assert.ok(view.pictures.best && view.pictures.worst === null)
    assert.deepEqual([...view.pictures.best.subarray(1, 4)], [...Buffer.from('PNG')])
  })

  test('a ReLU channel that is never above zero is told to be dead', async () => {
    const photo = await blueCell([128, 128, 0], 2, 1)
    const { functions } = await viewer.ask(colours, { ask: 'activations', photo, options })
    const [relu, last] = functions
    assert.deepEqual([relu!.kind, relu!.value, relu!.dead], ['ReLU', 'features', [3]])
    assert.ok(relu!.before.min < -1 && relu!.after.min === 0)
    assert.deepEqual([last!.kind, last!.saturatedShare, last!.deadChannels], ['Sigmoid', 0, 0])
  })

  test('the best of a class can be asked for, and a detection by its number', async () => {
    const photo = await blueCell([0, 255, 0], 2, 1)
    const first = await viewer.ask(colours, { ask: 'activations', photo, options })
    assert.equal(first.detections[first.target]!.label, 'blue thing')
    for (const choice of [{ class: 'green thing' }, { detection: 2 }]) {
      const view = await viewer.ask(colours, { ask: 'activations', photo, options: { ...options, ...choice } })
      assert.equal(view.detections[view.target]!.label, 'green thing')
      assert.equal(view.channels[0]!.channel, 1)
    }
  })

  test('a layer that is not there is refused with names that are near', async () => {
    const photo = await blueCell([0, 0, 0], 0, 0)
    const asked = viewer.ask(colours, { ask: 'activations', photo, options: { ...options, layer: 'featurs' } })
    await assert.rejects(asked, (error) => error instanceof Error && /"features"/.test(error.message))
  })

  test('a photo without detections is said to have none, and one without that class which it has', async () => {
    const photo = await blueCell([0, 0, 0], 0, 0)
    const none = viewer.ask(colours, { ask: 'activations', photo, options: { minScore: 0.99 } })
    await assert.rejects(none, { code: 'NOT_FOUND', message: /nothing of a score of 0.99 or more/ })
    const other = viewer.ask(colours, { ask: 'activations', photo, options: { ...options, class: 'green thing' } })
    await assert.rejects(other, { code: 'NOT_FOUND', message: /it has 1 "blue thing"/ })
  })

  test('what is no photo is refused, and the next one is answered', async () => {
    const bad = viewer.ask(colours, { ask: 'activations', photo: Uint8Array.of(1, 2, 3), options })
    await assert.rejects(bad, { code: 'IMAGE_UNREADABLE' })
    const photo = await blueCell([0, 0, 0], 0, 0)
    assert.equal((await viewer.ask(colours, { ask: 'activations', photo, options })).target, 0)
  })
})

suite('channels of a network whose channels are known', () => {
  const photoAt = (column: number, row: number) => ({
    name: `${column}-${row}.png`,
    read: () => blueCell([128, 128, 0], column, row),
  })
  const broken = { name: 'broken\u001b[31m.png', read: async () => Uint8Array.of(9) }
  const gone = {
    name: 'gone.png',
    read: async () => {
      throw new InputError('INPUT_NOT_FOUND', 'it is not there')
    },
  }

  test('turning off the channel of a class takes its score, as the formula has it', async () => {
    const photos = [photoAt(0, 0), photoAt(3, 2)]
    const view = await surveyChannels(viewer, colours, photos, options)
    assert.deepEqual(
      view.classes.map(({ label, detections }) => [label, detections]),
      [['blue thing', 2]],
    )
    const [first, ...others] = view.classes[0]!.channels
    assert.deepEqual([first!.channel, others], [2, []])
    const p = sigmoid(2)
    near(first!.relevance, p * (1 - p) * 4)
    near(first!.silenced!.score, p)
    near(first!.silenced!.silencedScore, sigmoid(-2))
    assert.deepEqual([first!.silenced!.detections, first!.silenced!.lostShare], [2, 1])
    assert.deepEqual([view.cards[0]!.filter!.layer, view.cards[0]!.filter!.filter], ['raw', 2])
  })

  test('the patches of a channel are the parts of the photos where it is strongest', async () => {
    const view = await surveyChannels(viewer, colours, [photoAt(0, 0), photoAt(3, 2)], options)
    const { patches } = view.cards[0]!
    assert.deepEqual(
      patches.map(({ photo, value }) => [photo, value]),
      [
        ['0-0.png', 1],
        ['3-2.png', 1],
      ],
    )
    const { peaks } = await viewer.ask(colours, { ask: 'channels', photo: await photoAt(3, 2).read(), options })
    assert.equal(peaks[0]!.cells[2], 2 * 4 + 3)
  })

  test('photos that cannot be read are told and passed over, and their order changes no number', async () => {
    const photos = [broken, photoAt(0, 0), gone, photoAt(3, 2), photoAt(1, 1)]
    const steps: string[] = []
    const onProgress = ({ pass, photos, of }: { pass: string; photos: number; of: number }) => {
      steps.push(`${pass} ${photos}/${of}`)
    }
    const view = await surveyChannels(viewer, colours, photos, { ...options, onProgress })
    assert.deepEqual(
      view.failures.map(({ name }) => name),
      [broken.name, 'gone.png'],
    )
    assert.deepEqual([view.photos, steps.at(4), steps.at(-1)], [3, 'relevance 5/5', 'silencing 3/3'])
    const turned = await surveyChannels(viewer, colours, photos.toReversed(), options)
    assert.deepEqual(turned.classes, view.classes)
  })

  test('nothing to survey is an error that says why', async () => {
    await assert.rejects(surveyChannels(viewer, colours, [gone], options), { code: 'INPUT_NOT_FOUND' })
    const dark = { name: 'dark.png', read: () => blueCell([0, 0, 0], 9, 9) }
    await assert.rejects(surveyChannels(viewer, colours, [dark], options), { code: 'NOT_FOUND' })
  })

  test('it ends when it is told to', async () => {
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    const survey = surveyChannels(viewer, colours, [photoAt(0, 0), photoAt(1, 1)], {
      ...options,
      onProgress,
      signal: controller.signal,
    })
    await assert.rejects(survey, { name: 'AbortError' })
  })
})

suite('yolox_nano', { skip: fixturesAbsent }, () => {
  const model = fileURLToPath(new URL('models/yolox_nano.onnx', folder))
  const photo = (name: string) => readFile(new URL(`photos/${name}`, folder))

  test('has its activations by relevance; turning off the first channel takes from the score', async () => {
    const { sha256: hash, descriptor } = await describeModel(model)
    const detector = { file: { path: model, sha256: hash }, descriptor }
    const skier = await photo('000000000785.jpg')
    const view = await viewer.ask(detector, { ask: 'activations', photo: skier, options })
    assert.equal(view.detections[view.target]!.label, 'person')
    assert.deepEqual([view.layer.channels, view.layer.height, view.layer.width], [64, 26, 26])
    assert.ok(view.channels.every(({ relevance }, i) => i === 0 || relevance <= view.channels[i - 1]!.relevance))
    assert.equal(view.functions.filter(({ kind }) => kind === 'SiLU').length, 104)
    const { layers } = await viewer.ask(detector, { ask: 'channels', photo: skier, options })
    assert.deepEqual(
      layers.map(({ height }) => height),
      [52, 26, 13],
    )
    const channels = [{ layer: 1, channel: view.channels[0]!.channel }]
    const question = { targets: view.detections, channels }
    const [clean, silenced] = await viewer.ask(detector, { ask: 'silence', photo: skier, question })
    near(clean![0]!, view.detections[0]!.score, 1e-4)
    assert.ok(silenced![0]! < clean![0]! - view.channels[0]!.relevance / 2)
  })

  test('is shown at any layer with the form of a picture, the first one too', async () => {
    const { sha256: hash, descriptor } = await describeModel(model)
    const detector = { file: { path: model, sha256: hash }, descriptor }
    const asked = {
      ask: 'activations',
      photo: await photo('000000000785.jpg'),
      options: { ...options, layer: 'Mul_43' },
    } as const
    const { layer, channels, pictures } = await viewer.ask(detector, asked)
    assert.deepEqual([layer.channels, layer.height, channels.length], [16, 208, 16])
    assert.ok(pictures.best && pictures.worst)
  })
})

test('values are looked at in groups that fit, in their order; one that is too large is alone', () => {
  assert.deepEqual(
    groupsWithin([3, 4, 5, 20, 1, 1], (size) => size, 9),
    [[3, 4], [5], [20], [1, 1]],
  )
  assert.deepEqual(
    groupsWithin([], () => 1, 9),
    [],
  )
})
