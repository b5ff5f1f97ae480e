import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { fixedShapes, normalised, shapeProbe, vjp } from '../../src/index.ts'
import { sessionOf } from './gradient-check.ts'
import { type Reference, type ReferenceCase, reference, referenceNames } from './references.ts'

const MIN_COSINE = 0.9999
const MAX_RELATIVE_ERROR = 1e-3

type Tensors = Readonly<Record<string, Tensor>>

for (const name of referenceNames) {
  test(`${name}: outputs and gradients are those of PyTorch on the same weights`, async (t) => {
    const recorded = await reference(name)
    const normal = normalised(recorded.model)
    const images = await tensorsOf(recorded, recorded.inputs)
    const probe = shapeProbe(normal)
    const shapes = probe.read(await (await sessionOf(probe.model)).run(images))
    const model = fixedShapes(normal, shapes)
    const outputs = Object.keys(recorded.outputs)
    const wrt = [...Object.keys(recorded.inputs), ...Object.keys(recorded.activations)]
    const gradient = vjp(model, { wrt, outputs, shapes })
    const session = await sessionOf(gradient.model)
    for (const each of recorded.cases) {
      const cotangents = await tensorsOf(recorded, each.cotangents)
      const renamed = Object.entries(cotangents).map(([output, tensor]) => [gradient.cotangents[output]!, tensor])
      const made = await session.run({ ...images, ...Object.fromEntries(renamed) })
      await assertOutputs(recorded, made)
      for (const value of each.zeros) {
        assert.ok(
          numbersOf(made[gradient.gradients[value]!]!).every((number) => number === 0),
          `${each.name}: ${value}`,
        )
      }
      for (const line of await compared(recorded, each, made, gradient.gradients)) t.diagnostic(line)
    }
  })
}

async function compared(
  recorded: Reference,
  { name, gradients, float64Error }: ReferenceCase,
  made: InferenceSession.OnnxValueMapType,
  outputOf: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (const [value, expected] of Object.entries(await tensorsOf(recorded, gradients))) {
    const actual = made[outputOf[value]!] as Tensor
    assert.deepEqual(actual.dims, expected.dims)
    const { cosine, relativeError } = agreement(numbersOf(actual), numbersOf(expected))
    const figures = `cosine 1 − ${(1 - cosine).toExponential(1)}, relative error ${relativeError.toExponential(1)}`
    const line = `${name}, ${value}: ${figures} (PyTorch's own ${float64Error[value]})`
    assert.ok(cosine >= MIN_COSINE && relativeError <= MAX_RELATIVE_ERROR, line)
    lines.push(line)
  }
  return lines
}

async function assertOutputs(recorded: Reference, made: InferenceSession.OnnxValueMapType): Promise<void> {
  for (const [output, expected] of Object.entries(await tensorsOf(recorded, recorded.outputs))) {
    const { relativeError } = agreement(numbersOf(made[output]!), numbersOf(expected))
    assert.ok(relativeError < 1e-4, `${output}: ${relativeError}`)
  }
}

async function tensorsOf(recorded: Reference, files: Readonly<Record<string, string>>): Promise<Tensors> {
  const entries = Object.entries(files).map(async ([value, file]) => [value, await recorded.tensor(file)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

const numbersOf = (tensor: InferenceSession.OnnxValueMapType[string]) => (tensor as Tensor).data as Float32Array

/** Cosine of the angle between both, and ‖actual − expected‖ ÷ ‖expected‖. */
function agreement(actual: Float32Array, expected: Float32Array): { cosine: number; relativeError: number } {
  let [product, actualSquare, expectedSquare, errorSquare] = [0, 0, 0, 0]
  for (const [i, value] of expected.entries()) {
    product += actual[i]! * value
    actualSquare += actual[i]! ** 2
    expectedSquare += value ** 2
    errorSquare += (actual[i]! - value) ** 2
  }
  return {
    cosine: product / Math.sqrt(actualSquare * expectedSquare),
    relativeError: Math.sqrt(errorSquare / expectedSquare),
  }
}
