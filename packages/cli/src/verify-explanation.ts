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
  | { readonly explanation: string; readonly same: true; readonly maps: ReadonlyMap<Sha256, Sha256> }
  | { readonly explanation: string; readonly same: false; readonly problem: string }

/** Makes an explanation again from its transcript, without any network, and compares all that was stored of it. */
export async function verifyExplanation({ project, store, artifacts }: Data, explanation: string): Promise<Verdict> {
  const stored = await store.getResult(project, explanation)
  if (!stored) return { explanation, same: false, problem: 'it is not stored here' }
  try {
    const transcript = await decodeTranscript(await artifacts.get(stored.result.transcript))
    const explained = replayTranscript(explainerFor(transcript.identity.method), transcript)
    const problem = difference(explanation, transcript, stored.result, explained)
    if (problem !== undefined) return { explanation, same: false, problem }
    return {
      explanation,
      same: true,
      maps: new Map(stored.result.attributions.map(({ target, map }) => [target.id, map.sha256])),
    }
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
  if (made.attributions.length !== stored.attributions.length) {
    return `${made.attributions.length} targets are made again, ${stored.attributions.length} are stored`
  }
  for (const [i, again] of made.attributions.entries()) {
    const kept = stored.attributions[i]!
    const fresh = recordOf(again, made).record
    const what = (Object.keys(fresh) as (keyof AttributionRecord)[]).find(
      (name) => hashOf(fresh[name]) !== hashOf(kept[name]),
    )
    if (what !== undefined) return `the ${what} of target ${kept.target.id} is another`
  }
  return undefined
}
