import { promisify } from 'node:util'
import { zstdCompressSync, zstdDecompress } from 'node:zlib'
import { decodeFloat32, encodeFloat32, MethodSpec, Sha256, ShardAnswer, TargetPolicy } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Answer, Explained } from './explainer.ts'
import type { AnyExplainer } from './methods/index.ts'
import { startRun } from './replay.ts'

const decompress = promisify(zstdDecompress)
const MAX_TRANSCRIPT_BYTES = 256 * 2 ** 20

const Identity = z.object({
  image: Sha256,
  detector: Sha256,
  policy: TargetPolicy,
  method: MethodSpec,
  seed: z.int().nonnegative(),
  nonce: z.string().optional(),
})

const StoredTranscript = z.object({
  version: z.literal(1),
  identity: Identity,
  /** The questions follow from the identity and the answers; their hashes say that they are still the same. */
  questions: z.array(z.object({ hash: Sha256, answer: ShardAnswer })),
})

/** All that an explanation was told: its provenance, from which it can be made again. Free of plans, times and workers. */
export interface Transcript {
  readonly identity: z.infer<typeof Identity>
  readonly questions: readonly { readonly hash: Sha256; readonly answer: Answer }[]
}

/** Compressed JSON; the same transcript gives the same bytes. */
export function encodeTranscript({ identity, questions }: Transcript): Uint8Array {
  const transcript: z.infer<typeof StoredTranscript> = {
    version: 1,
    identity,
    questions: questions.map(({ hash, answer }) => ({ hash, answer: stored(answer) })),
  }
  return zstdCompressSync(JSON.stringify(transcript))
}

/** @throws InputError `ARTIFACT_CORRUPT` when the bytes are no transcript */
export async function decodeTranscript(bytes: Uint8Array): Promise<Transcript> {
  try {
    const text = await decompress(bytes, { maxOutputLength: MAX_TRANSCRIPT_BYTES })
    const { identity, questions } = StoredTranscript.parse(JSON.parse(text.toString('utf8')))
    return {
      identity,
      questions: questions.map(({ hash, answer }) => ({ hash, answer: restored(answer) })),
    }
  } catch (cause) {
    throw new InputError('ARTIFACT_CORRUPT', `these ${bytes.byteLength} bytes are no transcript`, { cause })
  }
}

/** A whole answer has the form of a shard's: numbers as base64. */
function stored(answer: Answer): ShardAnswer {
  if (answer.kind === 'score') return { kind: 'score', values: encodeFloat32(answer.values) }
  if (answer.kind === 'detect' || answer.kind === 'segment') return answer
  return { ...answer, layers: [...answer.layers], maps: encodeFloat32(answer.maps), facts: [...answer.facts] }
}

function restored(answer: ShardAnswer): Answer {
  if (answer.kind === 'score') return { kind: 'score', values: decodeFloat32(answer.values) }
  if (answer.kind === 'detect' || answer.kind === 'segment') return answer
  return { ...answer, maps: decodeFloat32(answer.maps) }
}

/**
 * Makes the attributions again from what the explanation was told.
 * @throws InputError `TRANSCRIPT_MISMATCH` when the method asks other questions than it did, or more, or fewer
 */
export function replayTranscript(explainer: AnyExplainer, { identity, questions }: Transcript): Explained {
  const { image, detector, policy, seed, method } = identity
  const run = startRun(explainer, { image, detector, policy, seed }, method.params)
  for (const [ordinal, { hash, answer }] of questions.entries()) {
    const step = run.current
    if (step.done || step.hash !== hash) throw mismatch(`question ${ordinal} is another today`)
    run.answer(answer)
  }
  if (!run.current.done) throw mismatch(`it asks more than the ${questions.length} questions it was answered`)
  return run.current.explained
}

const mismatch = (what: string) =>
  new InputError('TRANSCRIPT_MISMATCH', `this version of the method does not follow the transcript: ${what}`)
