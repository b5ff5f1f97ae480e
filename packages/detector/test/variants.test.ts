import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DetectorRef,
  decodeFloat32,
  type Fill,
  type GradientQuestion,
  type ScoreQuestion,
  sha256,
  type Variant,
} from '@fanlight/contracts'
import { decodeImage } from '@fanlight/image'
import { decodeModel } from '@fanlight/onnx'
import { packBits } from '@fanlight/segments'
import { describeModel, sessionModel } from '../src/index.ts'
import { plainForward } from '../src/session/masked-network.ts'
import { prepareImage } from '../src/session/prepared-images.ts'
import { RandomisedNetworks } from '../src/session/randomised-networks.ts'
import { type BrightDetector, brightDetector } from './bright-detector.ts'
import { answerQuestion, loadDetector, scoresIn } from './fixtures.ts'
import { plainPhoto, scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const photo = halfLit()
const image = { sha256: sha256(photo), uri: 'memory:', bytes: photo.length }
const INPUT = { name: 'images', width: 64, height: 64 }
const LAYERS = 4

/** Darker to the right, each colour in its own way: what a layer does to channels shows. */
function halfLit(): Uint8Array {
  const bytes = plainPhoto(150)
  for (let i = 54; i < bytes.length; i++) bytes[i] = (i * 3) % 64 < 30 ? 40 + (i % 3) * 60 : 20
  return bytes
}

const target = { box: [12, 12, 52, 52], class: 0 } as const
const scores = (variant?: Variant): ScoreQuestion => ({
  kind: 'score',
  targets: [{ ...target, box: [...target.box] }],
  objectives: ['score'],
  minObjectness: 0.05,
  segments: { kind: 'grid', rows: 1, cols: 2, edges: 'hard' },
  fill: { kind: 'mean' },
  coalitions: [packBits([Uint8Array.of(1, 1), Uint8Array.of(1, 0), Uint8Array.of(0, 1)], 2)],
  ...(variant && { variant }),
})
const gradients = (name: string, variant?: Variant): GradientQuestion => ({
  kind: 'gradient',
  targets: [{ ...target, box: [...target.box] }],
  objectives: ['score'],
  tap: { kind: 'layer', name },
  reduction: 'hires-cam',
  sampling: { kind: 'clean' },
  guided: false,
  map: { width: 8, height: 8 },
  ...(variant && { variant }),
})

const redrawn = (seed: number, layers = 1): Variant => ({ weights: { seed, layers } })
const file = (changes: BrightDetector = { layers: LAYERS }) => folder.write('variants.onnx', brightDetector(changes))

test('weights drawn anew change the scores, by their seed alone, and the network’s own stay what they were', async () => {
  const detector = await loadDetector(file())
  const ask = (variant?: Variant) => scoresIn(detector, photo, scores(variant))
  const plain = await ask()
  assert.deepEqual(await ask({}), plain)
  const first = await ask(redrawn(1))
  assert.notDeepEqual(first, plain)
  assert.deepEqual(await ask(redrawn(1)), first)
  assert.notDeepEqual(await ask(redrawn(2)), first)
  assert.deepEqual(await ask(), plain)
})

test('gradients are those of the network with the other weights', async () => {
  const detector = await loadDetector(file())
  const prepared = prepareImage(await decodeImage(photo), detector.descriptor)
  const ask = async (variant?: Variant) => {
    const answer = await answerQuestion(detector, prepared, gradients('conv 0', variant))
    assert.ok(answer.kind === 'gradient')
    return { map: decodeFloat32(answer.maps), value: answer.facts[0]!.value }
  }
  const plain = await ask()
  const other = await ask(redrawn(1))
  assert.notDeepEqual(other.map, plain.map)
  const ratio = other.value / plain.value
  const [[before], [after]] = [
    await scoresIn(detector, photo, scores()),
    await scoresIn(detector, photo, scores(redrawn(1))),
  ]
  assert.ok(Math.abs(ratio - 1) > 0.01 && Math.abs(ratio - after! / before!) < 1e-5, 'one network answers both kinds')
  assert.deepEqual(await ask(), plain)
})

test('a network that overflows with other weights sees nothing: that is an answer', async () => {
  const overflowing: BrightDetector = {
    middle({ editor, value, constant }) {
      // Only red is left; what it is weighed with is small, until the weights change places.
      const red = editor.addNode('Mul', { inputs: [value, constant('red', [1, 3, 1, 1], Float32Array.of(1, 0, 0))] })
      const weights = Float32Array.of(1, 1e6, 1e6, 0, 1e6, 1e6, 0, 1e6, 1e6)
      const inputs = [red[0]!, constant('huge', [3, 3, 1, 1], weights)]
      const [weighed] = editor.addNode('Conv', { inputs })
      return editor.addNode('Exp', { inputs: [weighed!] })[0]!
    },
  }
  const detector = await loadDetector(file(overflowing))
  assert.ok((await scoresIn(detector, photo, scores())).every((score) => score > 0))
  assert.deepEqual([...(await scoresIn(detector, photo, scores(redrawn(1))))], [0, 0, 0])
  const prepared = prepareImage(await decodeImage(photo), detector.descriptor)
  const answer = await answerQuestion(detector, prepared, gradients('conv 0', redrawn(1)))
  assert.ok(answer.kind === 'gradient' && answer.facts[0]!.vanished !== null)
  assert.ok(decodeFloat32(answer.maps).every((value) => value === 0))
})

test('noise is on the photo alone: padding stays, and so does what stands where it is removed', async () => {
  const { descriptor } = await describeModel(file())
  const picture = { width: 64, height: 32, data: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => (i * 37) % 200) }
  const clean = prepareImage(picture, descriptor)
  const noisy = clean.noisy({ seed: 4, sigma: 0.1 })
  const [photoValues, noisyValues] = [clean.base.data as Float32Array, noisy.base.data as Float32Array]
  const { placement } = clean
  const offsets: number[] = []
  photoValues.forEach((value, i) => {
    const [x, y] = [(i % 64) - placement.offsetX, (Math.floor(i / 64) % 64) - placement.offsetY]
    const isContent = x >= 0 && x < placement.width && y >= 0 && y < placement.height
    if (isContent) offsets.push(noisyValues[i]! - value)
    else assert.equal(noisyValues[i], value)
  })
  const mean = offsets.reduce((sum, value) => sum + value, 0) / offsets.length
  const deviation = Math.sqrt(offsets.reduce((sum, value) => sum + (value - mean) ** 2, 0) / offsets.length)
  assert.ok(Math.abs(mean) < 1 && Math.abs(deviation - 19.9) < 1, `${mean} ± ${deviation}`)
  for (const fill of [{ kind: 'mean' }, { kind: 'blur', sigma: 0.1 }] satisfies Fill[]) {
    const [plain, other] = [clean.delta(fill).data as Float32Array, noisy.delta(fill).data as Float32Array]
    plain.forEach((value, i) => {
      assert.ok(Math.abs(photoValues[i]! + value - noisyValues[i]! - other[i]!) < 1e-3)
    })
    assert.equal(noisy.delta(fill), noisy.delta(fill), 'made once')
  }
  assert.equal(clean.noisy({ seed: 4, sigma: 0.1 }), noisy)
  assert.notDeepEqual(clean.noisy({ seed: 5, sigma: 0.1 }).base.data, noisyValues)
  assert.deepEqual(clean.noisy({ seed: 4, sigma: 0.1 }).base.data, noisyValues)
})

test('a photo with noise is scored as such, and forgotten with the question', async () => {
  const detector = await loadDetector(file())
  const prepared = prepareImage(await decodeImage(photo), detector.descriptor)
  const ask = async (variant?: Variant) => {
    const answer = await answerQuestion(detector, prepared, scores(variant))
    assert.ok(answer.kind === 'score')
    return decodeFloat32(answer.values)
  }
  const plain = await ask()
  const noisy = await ask({ noise: { seed: 1, sigma: 0.2 } })
  const [full, left, right] = noisy.map((score, i) => Math.abs(score - plain[i]!))
  assert.ok(full! > 1e-5 && left! > 1e-5 && full! < 0.1, `${full}, ${left}`)
  assert.ok(right! < 1e-6, 'the half that it looks at is removed, and the noise with it')
  assert.notDeepEqual(await ask({ noise: { seed: 1, sigma: 0.2 }, ...redrawn(1) }), await ask(redrawn(1)))
  assert.deepEqual(await ask(), plain)
})

test('randomised networks are kept by how they were drawn, a few a process', async () => {
  const networks = new RandomisedNetworks(decodeModel(brightDetector({ layers: LAYERS })), INPUT, 'cpu')
  const first = await networks.open({ seed: 1, layers: 1 })
  assert.equal(await networks.open({ layers: 1, seed: 1 }), first)
  assert.notEqual(await networks.open({ seed: 1, layers: 0.5 }), first)
  assert.ok(networks.hasRoomFor({ seed: 2, layers: 1 }))
  await networks.open({ seed: 2, layers: 1 })
  assert.ok(!networks.hasRoomFor({ seed: 3, layers: 1 }) && networks.hasRoomFor({ seed: 1, layers: 1 }))
  const as = (layer: string) => ({ tap: { kind: 'layer', name: layer }, backward: true, guided: false }) as const
  await first.tapped.open(as('conv 0'))
  await first.tapped.open(as('conv 1'))
  assert.ok(networks.hasRoomFor({ seed: 1, layers: 1 }, as('conv 0')))
  assert.ok(!networks.hasRoomFor({ seed: 1, layers: 1 }, as('conv 2')))
  assert.ok(networks.hasRoomFor({ seed: 2, layers: 1 }, as('conv 2')))
})

test('one layer of many is drawn anew where the share is small', async () => {
  const model = decodeModel(brightDetector({ layers: LAYERS }))
  const networks = new RandomisedNetworks(model, INPUT, 'cpu')
  const detector = await loadDetector(file())
  const { base } = prepareImage(await decodeImage(photo), detector.descriptor)
  const activation = async (layer: string, layers: number) => {
    const { tapped } = await networks.open({ seed: 1, layers })
    const opened = await tapped.open({ tap: { kind: 'layer', name: layer }, backward: false, guided: false })
    return (await opened.run(base)).taps[0]!.activation
  }
  const [before, after] = [await activation(`conv ${LAYERS - 2}`, 1e-6), await activation(`conv ${LAYERS - 1}`, 1e-6)]
  assert.notDeepEqual(after, before, 'the last layer, an identity, is none any more')
  const plain = await detector.tapped.open({ tap: { kind: 'layer', name: 'conv 0' }, backward: false, guided: false })
  assert.deepEqual(before, (await plain.run(base)).taps[0]!.activation)
  assert.notDeepEqual(await activation('conv 0', 1), before)
})

test('any number of variants is asked in turn, beside plain questions, and none of them is kept for others', async () => {
  const detector: DetectorRef = await describeModel(file())
  const said: string[] = []
  const derived = {
    get: async () => void said.push('sought'),
    put: async () => void said.push('put'),
  }
  const images = { read: async () => photo }
  await using model = sessionModel({ images, workers: 1, sessions: 1, batch: 4, derived })
  const ask = async (question: ScoreQuestion | GradientQuestion) => {
    const { answer } = await model.answer({ detector, image, question }, never)
    return answer.kind === 'score' ? answer.values : JSON.stringify(answer)
  }
  const seeds = [1, 2, 3, 4, 5]
  const [plain, ...answers] = await Promise.all([ask(scores()), ...seeds.map((seed) => ask(scores(redrawn(seed))))])
  assert.equal(answers[0], await ask(scores(redrawn(1))))
  assert.equal(await ask(scores()), plain)
  const maps = await Promise.all(seeds.slice(0, 2).map((seed) => ask(gradients('conv 0', redrawn(seed)))))
  assert.deepEqual(said, [])
  assert.equal(await ask(gradients('conv 0', redrawn(1))), maps[0])
  assert.notEqual(await ask(gradients('conv 0')), maps[0])
  assert.deepEqual(said, ['sought', 'put'])
})

test('the plain forward of a detector is that of its file while others are open', async () => {
  const detector = await loadDetector(file())
  const { base } = prepareImage(await decodeImage(photo), detector.descriptor)
  const copy = async () => (await plainForward(detector.network, base)).map(({ data }) => data.slice())
  const before = await copy()
  await detector.randomised.open({ seed: 9, layers: 1 })
  assert.deepEqual(await copy(), before)
})
