import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { decodeImage, type TensorShape, toTensor } from '@fanlight/image'
import { Tensor } from 'onnxruntime-node'
import { changed } from '../../src/copy.ts'
import { GraphEditor, type Model, newNode, normalised, signatureOf } from '../../src/index.ts'
import { type FixtureName, fixtureModel } from '../fixtures.ts'
import { randomTensor } from './gradient-check.ts'
import { type NetworkCheck, networkError } from './network-check.ts'

interface Subject {
  /** As it is. */
  readonly check: NetworkCheck
  /** Without a kink. */
  readonly smoothCheck: NetworkCheck
  readonly channels: 'RGB' | 'BGR'
  readonly mean: [number, number, number]
  readonly std: [number, number, number]
}

/** Their activation is smooth: white noise will do, and only maxima have kinks. */
const yolox: Subject = {
  check: { epsilons: [0.01, 0.015, 0.02], cubic: false, sensitive: 0 },
  smoothCheck: { epsilons: [0.1, 0.15, 0.2, 0.25, 0.3], cubic: true, sensitive: 0 },
  channels: 'BGR',
  mean: [0, 0, 0],
  std: [1, 1, 1],
}

/** Of rectifiers: some of them stand near their kinks, wherever the network does. */
const rectified = {
  check: {
    epsilons: Array.from({ length: 9 }, (_, i) => 2e-7 * (1 + i / 4)),
    cubic: false,
    sensitive: 0.6,
  },
  smoothCheck: { epsilons: [1e-4, 1.5e-4, 2e-4, 2.5e-4, 3e-4], cubic: true, sensitive: 0.6 },
}

const subjects: Readonly<Record<FixtureName, Subject>> = {
  light_person_192: yolox,
  yolox_nano: yolox,
  yolox_nano_v8layout: yolox,
  nanodet_m_320: {
    ...rectified,
    channels: 'BGR',
    mean: [103.53, 116.28, 123.675],
    std: [57.375, 57.12, 58.395],
  },
  ultraface_rfb_320: {
    ...rectified,
    channels: 'RGB',
    mean: [127, 127, 127],
    std: [128, 128, 128],
  },
}

const photo = new URL('../../../../../shared/fixtures/photos/astronaut.png', import.meta.url)

/**
 * A photo, stretched, with noise of up to two of its 256 levels: where it is all of one colour, a network stands on
 * the kinks of its maxima, and there is no derivative.
 */
async function photoFor(model: Model, { channels, mean, std }: Subject): Promise<Tensor> {
  const [, , height, width] = signatureOf(model).inputs[0]!.shape as readonly number[]
  const preprocess: TensorShape['preprocess'] = { channels, mean, std, resize: 'stretch', pad: [0, 0, 0] }
  const image = await decodeImage(new Uint8Array(await readFile(photo)))
  const { tensor } = toTensor(image, { width: width!, height: height!, preprocess })
  const dims = [1, 3, height!, width!]
  const noise = randomTensor(dims, 5, 2 / std[0]).data as Float32Array
  return new Tensor(
    'float32',
    tensor.map((value, i) => value + noise[i]!),
    dims,
  )
}

/** Averages in place of maxima, and ELUs in place of rectifiers, of which two of the networks are full. */
function smooth(model: Model): Model {
  const editor = new GraphEditor(model)
  editor.replaceNodes((node) => {
    if (node.opType === 'MaxPool') return [changed(node, { opType: 'AveragePool' })]
    // Without the attributes: of α = 1 only, an ELU has no kink.
    const isRectifier = node.opType === 'Relu' || node.opType === 'LeakyRelu'
    return [isRectifier ? newNode('Elu', { inputs: node.input, outputs: node.output }) : node]
  })
  return editor.model
}

for (const [name, subject] of Object.entries(subjects) as [FixtureName, Subject][]) {
  test(`${name}: the input gradient agrees with finite differences`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const normal = normalised(model)
    const error = await networkError(normal, await photoFor(normal, subject), subject.check)
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error <= 1e-2, `${error}`)
  })

  test(`${name}: without kinks its input gradient agrees more closely`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const twin = smooth(normalised(model))
    const error = await networkError(twin, await photoFor(twin, subject), subject.smoothCheck)
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error <= 1e-3, `${error}`)
  })
}
