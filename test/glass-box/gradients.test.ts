import assert from 'node:assert/strict'
import { test } from 'node:test'
import { worthOf } from './evidence.ts'
import { TILES } from './network.ts'
import { openedGlassBox } from './opened.ts'
import { enlarged } from './rise.ts'
import { kinds, smallBoard } from './scenes.ts'

const objects = [kinds.additive, kinds.sigmoid]
const box = await openedGlassBox(smallBoard, objects)

const players = smallBoard.rows * smallBoard.cols
const everything = new Uint8Array(players).fill(1)
const nothing = new Uint8Array(players)
const both = { objects: [0, 1] }

const weightsOf = (object: number): Float64Array => {
  const weights = new Float64Array(players)
  for (const { tiles, weight } of objects[object]!.terms) weights[tiles[0]!] = weight
  return weights
}

/** Of the link, where everything is seen. */
function slopeOf(object: number): number {
  const value = worthOf(objects[object]!, everything)
  return objects[object]!.link === 'sigmoid' ? value * (1 - value) : 1
}

test('gradient × input is the weight of each tile times the slope of the link', async () => {
  const { attributions } = await box.explain('gradient-x-input', { cells: 64 }, both)
  for (const [object, { map }] of attributions.entries())
    close(
      box.tileSums(map),
      weightsOf(object).map((weight) => weight * slopeOf(object)),
      1e-6,
    )
})

for (const fill of [{ kind: 'mean' }, { kind: 'constant', rgb: [114, 114, 114] }]) {
  test(`Integrated Gradients from a flat fill share the difference by the weights (${fill.kind})`, async () => {
    const { attributions } = await box.explain('integrated-gradients', { cells: 64, steps: 64, fill }, both)
    for (const [object, { map, fullValue, emptyValue }] of attributions.entries()) {
      // ∫₀¹ w_j σ′(b + αW) dα = w_j · (σ(b + W) − σ(b)) ÷ W; the midpoint rule errs by 1 ÷ (24 · 64²) of the curvature.
      const weights = weightsOf(object)
      const [full, empty] = [worthOf(objects[object]!, everything), worthOf(objects[object]!, nothing)]
      const all = weights.reduce((sum, weight) => sum + weight, 0)
      close(
        box.tileSums(map),
        weights.map((weight) => (weight * (full - empty)) / all),
        2e-5,
      )
      assert.ok(Math.abs(fullValue! - full) < 1e-6 && Math.abs(emptyValue! - empty) < 1e-6)
    }
  })
}

for (const method of ['hires-cam', 'odam', 'layer-cam']) {
  for (const layer of ['neck', TILES]) {
    test(`${method} at ${layer} is gradient × activation of each tile, enlarged`, async () => {
      const { attributions } = await box.explain(method, { layer }, both)
      for (const [object, { map, gradient }] of attributions.entries()) {
        assert.deepEqual(gradient!.layers, [TILES])
        const signed = weightsOf(object).map((weight) => weight * slopeOf(object))
        const cells = method === 'hires-cam' ? signed : signed.map((value) => Math.max(0, value))
        close(map.data, enlarged(cells, smallBoard, map), 1e-5)
      }
    })
  }
}

function close(seen: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  assert.equal(seen.length, wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(seen[i]! - wanted[i]!)
    assert.ok(error <= tolerance, `${i}: ${seen[i]} is not ${wanted[i]} within ${tolerance}`)
  }
}
