import { Descriptor } from '@fanlight/contracts'
import type { ModelSignature, ValueSignature } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { type FamilyName, families, familyNames } from './families/index.ts'
import type { Decoder, LossGains } from './family.ts'
import { quoted } from './quoted.ts'
import { ultralyticsMetadata } from './ultralytics-metadata.ts'

export interface RecogniseOptions {
  /** Overrides what the outputs say; one of `familyNames`. */
  readonly family?: string | undefined
}

const MAX_LISTED = 16

/**
 * Which family a file is of, and all that follows from it.
 * @param signature with the outputs' real shapes: where the file leaves them open, one forward tells
 * @throws InputError `MODEL_FAMILY_UNKNOWN` listing what was seen and what is known; `MODEL_UNSUPPORTED`,
 *   `MODEL_INVALID` when the family is known and the file cannot be used; `USAGE` for an unknown `family`
 */
export function recogniseDetector(signature: ModelSignature, { family }: RecogniseOptions = {}): Descriptor {
  const wanted = family === undefined ? familyNames : [familyNamed(family)]
  const task = ultralyticsMetadata(signature)?.task
  if (task !== undefined && !familyNames.some((name) => taskOf(name) === task)) {
    const message = `the file's metadata says that its task is ${quoted(task)}, which cannot be explained`
    throw new InputError('MODEL_UNSUPPORTED', `${message}: export a network of task "detect" or "classify"`)
  }
  for (const name of wanted) {
    if (taskOf(name) !== (task ?? taskOf(name))) continue
    const recognised = families[name].recognise(signature, family !== undefined)
    if (recognised) return checked({ family: name, familyVersion: families[name].version, ...recognised })
  }
  throw new InputError('MODEL_FAMILY_UNKNOWN', `${complaint(family)}\n${whatWasSeen(signature)}\n${whatIsKnown()}`)
}

const taskOf = (name: FamilyName) => families[name].task ?? 'detect'

/** @throws InputError `MODEL_UNSUPPORTED` for a descriptor of another version of Fanlight */
export function decoderOf(descriptor: Descriptor): Decoder {
  const name = familyNames.find((known) => known === descriptor.family)
  if (name && families[name].version === descriptor.familyVersion) return families[name].decoder(descriptor)
  const asked = `${quoted(descriptor.family)} version ${descriptor.familyVersion}`
  throw new InputError(
    'MODEL_UNSUPPORTED',
    `this Fanlight cannot read outputs of family ${asked}: add the detector again`,
  )
}

/** Factors of the loss terms that a detector's family is trained with. */
export const lossGainsOf = ({ family }: Descriptor): LossGains =>
  families[familyNamed(family)].lossGains ?? { box: 1, obj: 1, cls: 1 }

function familyNamed(name: string): FamilyName {
  const known = familyNames.find((known) => known === name)
  if (known) return known
  throw new InputError('USAGE', `there is no family ${quoted(name)}; known are ${familyNames.join(', ')}`)
}

/** What came out of a file may pass the limits of what travels. */
function checked(descriptor: Descriptor): Descriptor {
  const parsed = Descriptor.safeParse(descriptor)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InputError('MODEL_UNSUPPORTED', `the detector's ${issue?.path.join('.')} cannot be used: ${issue?.message}`)
}

const complaint = (family: string | undefined) =>
  family === undefined
    ? 'the outputs are of no known detector family'
    : `the outputs are not those of family ${family}, which has ${families[familyNamed(family)].expects}`

function whatWasSeen({ inputs, outputs, metadata, producer, opset }: ModelSignature): string {
  const keys = listed(Object.keys(metadata).map((key) => quoted(key)))
  return [
    'seen:',
    `  inputs: ${listed(inputs.map(shown))}`,
    `  outputs: ${listed(outputs.map(shown))}`,
    `  metadata: ${keys}; made by ${quoted(producer)}, opset ${opset}`,
  ].join('\n')
}

function whatIsKnown(): string {
  const known = familyNames.map((name) => `  ${name}: ${families[name].expects}`)
  return ['known (one input [1, 3, height, width]; --family NAME overrides):', ...known].join('\n')
}

function shown({ name, shape }: ValueSignature): string {
  if (!shape) return `${quoted(name)} (shape open)`
  return `${quoted(name)} [${shape.map((dim) => (typeof dim === 'string' ? quoted(dim) : (dim ?? '?'))).join(', ')}]`
}

function listed(items: readonly string[]): string {
  if (items.length === 0) return 'none'
  const more = items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : ''
  return items.slice(0, MAX_LISTED).join(', ') + more
}
