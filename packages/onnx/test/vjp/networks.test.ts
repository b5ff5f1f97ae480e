import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { signatureOf } from '../../src/index.ts'
import { fixtureModel, fixtureNames } from '../fixtures.ts'
import { noise, relativeError } from './gradient-check.ts'

for (const name of fixtureNames) {
  test(`${name}: the input gradient agrees with finite differences`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const [input] = signatureOf(model).inputs
    const dims = input!.shape!.map((dim, axis) => (typeof dim === 'number' ? dim : [1, 3, 192, 192][axis]!))
    const next = noise(1)
    const size = dims.reduce((product, dim) => product * dim, 1)
    const image = new Tensor(
      'float32',
      Float32Array.from({ length: size }, () => 100 + 50 * next()),
      dims,
    )
    const error = await relativeError(model, { [input!.name]: image }, { epsilon: 0.5, directions: 2 })
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error < 1e-2, `${error}`)
  })
}
