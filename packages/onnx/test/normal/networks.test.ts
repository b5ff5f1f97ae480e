import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalised, signatureOf } from '../../src/index.ts'
import { fixtureModel, fixtureNames } from '../fixtures.ts'
import { assertFree, assertSame, randomImage } from './running.ts'

for (const name of fixtureNames) {
  test(`${name} computes the same in its normal form, for one image and for two`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const [input] = signatureOf(model).inputs
    const dims = [1, ...(input!.shape!.slice(1) as number[])]
    const images = [randomImage(dims, 1, 255), randomImage(dims, 2, 255)] as const
    const normal = await assertSame(model, { [input!.name]: images[0] })
    assert.equal(signatureOf(normal).inputs[0]!.shape![0], 'batch')
    await assertFree(normal, input!.name, images, 1e-4)
  })

  test(`${name} comes into its normal form in well under half a second`, async (t) => {
    const model = await fixtureModel(name)
    if (!model) return t.skip('detector fixtures absent')
    const start = performance.now()
    normalised(model)
    const tookMs = performance.now() - start
    t.diagnostic(`${tookMs.toFixed(0)} ms`)
    assert.ok(tookMs < 500, `${tookMs} ms`)
  })
}
