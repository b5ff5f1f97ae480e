import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { decodeImage } from '@fanlight/image'
import { decodeModel } from '@fanlight/onnx'
import { openLocalNeck } from '../src/session/local-neck.ts'
import { prepareImage } from '../src/session/prepared-images.ts'
import { layersOf, probedNetwork } from '../src/session/probed-network.ts'
import { tappedModel } from '../src/session/tapped-model.ts'
import { openTappedModel } from '../src/session/tapped-network.ts'
import { fixturesAbsent, loadDetector, modelPath, photoPath } from './fixtures.ts'

const photos = ['000000000785.jpg', 'astronaut.png']

for (const name of ['yolox_nano', 'yolox_nano_v8layout', 'nanodet_m_320', 'ultraface_rfb_320', 'light_person_192']) {
  test(`${name}: gradients on windows are those of the whole maps`, { skip: fixturesAbsent }, async () => {
    const detector = await loadDetector(modelPath(name))
    const { descriptor, decode } = detector
    const { inputName, width, height } = descriptor
    const probed = await probedNetwork(decodeModel(await readFile(modelPath(name))), { name: inputName, width, height })
    const layers = layersOf(probed, { kind: 'neck' })
    const whole = await openTappedModel(
      tappedModel(probed, { layers, backward: true, guided: false, apart: true }),
      'cpu',
    )
    const local = (await openLocalNeck(probed, layers, 'cpu'))!
    assert.deepEqual(local.layers, whole.layers)
    // Another photo is another forward.
    for (const photo of photos) {
      const image = prepareImage(await decodeImage(await readFile(photoPath(photo))), descriptor)
      const { outputs } = await local.run(image.base)
      const predictions = decode(outputs)
      // In a corner, within, and two at once, whose windows overlap.
      for (const share of [[0], [0.45], [0.9, 0.901]]) {
        const into = outputs.map(({ data }) => new Float32Array(data.length))
        for (const each of share) {
          const index = Math.floor(predictions.count * each)
          predictions.backward.probability(index, 0, 1, into)
          predictions.backward.box(index, [0.01, 0.02, 0.03, 0.04], into)
        }
        const [expected, actual] = [await whole.run(image.base, into), await local.run(image.base, into)]
        for (const [i, { gradient, activation, ...size }] of expected.taps.entries()) {
          const tap = actual.taps[i]!
          assert.deepEqual({ ...size }, { channels: tap.channels, height: tap.height, width: tap.width })
          assertClose(tap.gradient, gradient)
          assertClose(tap.activation, activation)
        }
        for (const [i, { data }] of expected.outputs.entries()) assertClose(actual.outputs[i]!.data, data)
      }
    }
    await Promise.all([whole.close(), local.close()])
  })
}

function assertClose(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length)
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
  assert.ok(worst <= 1e-5 * largest, `${worst} of ${largest}`)
}
