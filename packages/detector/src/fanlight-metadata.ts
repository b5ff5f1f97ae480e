import type { ModelSignature } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import { quoted } from './quoted.ts'

const Triple = z.tuple([z.number(), z.number(), z.number()])
const Scale = z.number().positive()

/** What a file can say for Fanlight in `metadata_props`, each value as JSON: docs/spec/families.md. */
const Values = {
  classes: z.array(z.string().max(256)).min(1).max(100_000),
  /** Of channels R, G, B in 0..255. */
  mean: Triple,
  std: z.tuple([Scale, Scale, Scale]),
  /** Flattened (w, h) pairs. */
  anchors: z.array(z.number().positive()).min(2).max(64),
}
type Key = keyof typeof Values

/**
 * @returns undefined when the file does not say
 * @throws InputError `MODEL_INVALID` when it says something else
 */
export function fanlightMetadata<K extends Key>(
  { metadata }: ModelSignature,
  key: K,
): z.infer<(typeof Values)[K]> | undefined {
  const name = `fanlight.${key}`
  const text = Object.hasOwn(metadata, name) ? metadata[name] : undefined
  if (text === undefined) return undefined
  const parsed = Values[key].safeParse(jsonOf(name, text))
  if (parsed.success) return parsed.data as z.infer<(typeof Values)[K]>
  const [issue] = parsed.error.issues
  const message = `the file's metadata ${name} is ${quoted(text)}: ${issue?.message} (docs/spec/families.md)`
  throw new InputError('MODEL_INVALID', message, { cause: parsed.error })
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError('MODEL_INVALID', `the file's metadata ${name} is ${quoted(text)}, no JSON`, { cause: error })
  }
}
