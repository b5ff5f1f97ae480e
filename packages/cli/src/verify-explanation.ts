import { type AttributionRecord, type ExplanationResult, explanationId, hashOf, type Sha256 } from '@fanlight/contracts'
import {
  decodeTranscript,
  type Explained,
  explainerFor,
  recordOf,
  replayTranscript,
  type Transcript,
} from '@fanlight/explain'
import { isFanlightError } from '@fanlight/ports'
import type { Data } from './composition.ts'

export type Verdict =
  | { readonly explanation: string; readonly same: true; readonly remade: Remade }
  | { readonly explanation: string; readonly same: false; readonly problem: string }

export interface Remade {
  readonly width: number
  readonly height: number
  /** By the target's id. */
  readonly records: ReadonlyMap<Sha256, AttributionRecord>
}

/** Makes an explanation again from its transcript, without any network, and compares all that was stored of it. */
export async function verifyExplanation({ project, store, artifacts }: Data, explanation: string): Promise<Verdict> {
  const stored = await store.getResult(project, explanation)
  if (!stored) return { explanation, same: false, problem: 'it is not stored here' }
  try {
    const transcript = await decodeTranscript(await artifacts.get(stored.result.transcript))
    const explained = replayTranscript(explainerFor(transcript.identity.method), transcript)
    const problem = difference(explanation, transcript, stored.result, explained)
    if (problem !== undefined) return { explanation, same: false, problem }
    const { width, height, attributions } = stored.result
    const records = new Map(attributions.map((record) => [record.target.id, record]))
    return { explanation, same: true, remade: { width, height, records } }
  } catch (error) {
    if (!isFanlightError(error)) throw error
    return { explanation, same: false, problem: `${error.code}: ${error.message}` }
  }
}

/** What differs first; undefined when nothing does. */
function difference(
  explanation: string,
  { identity }: Transcript,
  stored: ExplanationResult,
  made: Explained,
): string | undefined {
  if (explanationId(identity) !== explanation) return 'its transcript belongs to another explanation'
  for (const name of ['width', 'height', 'targetsCut'] as const) {
    if (made[name] !== stored[name]) return `its ${name} is ${made[name]} made again, ${stored[name]} as stored`
  }
  if (made.attributions.length !== stored.attributions.length) {
    return `${made.attributions.length} targets are made again, ${stored.attributions.length} are stored`
  }
  for (const [i, again] of made.attributions.entries()) {
    const kept = stored.attributions[i]!
    const fresh = recordOf(again, made).record
    const names = Object.keys({ ...fresh, ...kept }) as (keyof AttributionRecord)[]
    const what = names.find((name) => !isSame(fresh[name], kept[name]) && !isOlder(name, kept))
    if (what !== undefined) return `the ${what} of target ${kept.target.id} is another`
  }
  return undefined
}

const isSame = (made: unknown, kept: unknown) =>
  made === undefined || kept === undefined ? made === kept : hashOf(made) === hashOf(kept)

/** An older Fanlight did not look for doubts. */
const isOlder = (name: keyof AttributionRecord, kept: AttributionRecord) =>
  name === 'doubts' && kept.doubts === undefined
