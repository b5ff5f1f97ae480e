import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gradientCases } from './cases/index.ts'
import { relativeError } from './gradient-check.ts'

for (const { op, variant, model, feeds, linear, wrt } of gradientCases) {
  test(`${op}, ${variant}: agrees with finite differences`, async (t) => {
    const error = await relativeError(model, feeds, { wrt, epsilon: linear ? 1 : 1e-3 })
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error <= (linear ? 1e-5 : 1e-3), `relative error ${error}`)
  })
}
