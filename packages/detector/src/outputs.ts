import { InputError } from '@fanlight/ports'
import type { Outputs, OutputTensor } from './family.ts'
import { quoted } from './quoted.ts'

/** Sizes of an output's axes; undefined where any will do. */
export type DimsPattern = readonly (number | undefined)[]

export const findOutput = (outputs: Outputs, pattern: DimsPattern): OutputTensor | undefined =>
  outputs.find(
    ({ dims }) => dims.length === pattern.length && dims.every((size, axis) => size === (pattern[axis] ?? size)),
  )

/**
 * The first output of that shape.
 * @throws InputError `MODEL_OUTPUT_INVALID` when there is none
 */
export function firstOutput(outputs: Outputs, pattern: DimsPattern): OutputTensor {
  const found = findOutput(outputs, pattern)
  if (found) return found
  const seen = outputs.map(({ name, dims }) => `${quoted(name)} [${dims.join(', ')}]`).join(', ')
  const wanted = pattern.map((size) => size ?? '?').join(', ')
  const remedy = 'add the detector again, or name its --family'
  throw new InputError('MODEL_OUTPUT_INVALID', `the network gave ${seen}, not an output [${wanted}]: ${remedy}`)
}

/**
 * @throws InputError `MODEL_OUTPUT_INVALID` naming the first output that has a NaN or an infinite value
 */
export function checkFinite(outputs: Outputs): void {
  for (const { name, data } of outputs) {
    const at = data.findIndex((value) => !Number.isFinite(value))
    if (at < 0) continue
    const message = `output ${quoted(name)} of the network has the value ${data[at]} (element ${at}): export it again, in float32 if it is float16`
    throw new InputError('MODEL_OUTPUT_INVALID', message)
  }
}
