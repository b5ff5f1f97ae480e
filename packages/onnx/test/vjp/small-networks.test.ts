import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { type Dim, openDims, vjp } from '../../src/index.ts'
import { type NetworkCase, networkCases } from './cases/networks.ts'
import { randomTensor, relativeError, sessionOf, shapesIn } from './gradient-check.ts'

for (const network of networkCases) {
  test(`${network.name}: the input gradient agrees with finite differences`, async (t) => {
    const { model, input, images } = network
    const error = await relativeError(model, { [input]: images }, { epsilon: 1e-2 })
    t.diagnostic(`relative error ${error.toExponential(1)}`)
    assert.ok(error <= 1e-3, `relative error ${error}`)
  })

  test(`${network.name}: two images have the gradients that each has alone`, async () => {
    const both = await gradientOf(network, network.images, [0, 1])
    for (const i of [0, 1]) {
      const alone = await gradientOf(network, imageOf(network.images, i), [i])
      assert.ok(distance(both[i]!, alone[0]!) <= 1e-5 * length(alone[0]!), `image ${i}`)
      assert.ok(length(alone[0]!) > 0)
    }
  })

  test(`${network.name}: an image does nothing to the gradient of another`, async () => {
    const [first, second] = await gradientOf(network, network.images, [0, undefined])
    assert.ok(length(first!) > 0)
    assert.equal(length(second!), 0)
  })
}

/**
 * Of each image, in the direction with that number, or none. The batch is left open, as products have it.
 */
async function gradientOf(
  { model, input }: NetworkCase,
  images: Tensor,
  directions: readonly (number | undefined)[],
): Promise<readonly Float32Array[]> {
  const outputs = model.graph!.output.map(({ name }) => name)
  const shapes = await openShapes(model, input, images)
  const gradient = vjp(model, { wrt: [input], outputs, shapes })
  const cotangents = outputs.map((name) => {
    const dims = shapes.get(name)!.slice(1).map(Number)
    const parts = directions.map((seed) => (seed === undefined ? undefined : dataOf(randomTensor(dims, 90 + seed))))
    const size = dims.reduce((product, dim) => product * dim, 1)
    const data = parts.flatMap((part) => Array.from(part ?? new Float32Array(size)))
    return [gradient.cotangents[name]!, new Tensor('float32', data, [directions.length, ...dims])] as const
  })
  const session = await sessionOf(gradient.model)
  const made = await session.run({ [input]: images, ...Object.fromEntries(cotangents) })
  return directions.map((_, i) => dataOf(imageOf(made[gradient.gradients[input]!]!, i)))
}

async function openShapes(
  model: NetworkCase['model'],
  input: string,
  images: Tensor,
): Promise<ReadonlyMap<string, readonly Dim[]>> {
  const dims = images.dims.slice(1)
  const [one, two] = await Promise.all(
    [1, 2].map((count) => shapesIn(model, { [input]: randomTensor([count, ...dims], 1) })),
  )
  const numbers = (shapes: typeof one) => new Map([...shapes!].map(([name, shape]) => [name, shape.map(Number)]))
  return openDims(numbers(one), numbers(two))
}

const dataOf = (tensor: Tensor) => tensor.data as Float32Array

function imageOf(images: Tensor, i: number): Tensor {
  const dims = images.dims.slice(1)
  const size = dims.reduce((product, dim) => product * dim, 1)
  return new Tensor('float32', dataOf(images).slice(i * size, (i + 1) * size), [1, ...dims])
}

const length = (values: Float32Array) => Math.hypot(...values)
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!))
