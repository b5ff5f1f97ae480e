import { type Failure, ShardRef } from '@fanlight/contracts'
import type { WholeMessage } from './bus.ts'
import { LEFT_OUT } from './dead-letter.ts'
import type { ExplanationState, Sends } from './store-records.ts'
import { checkId } from './store-rules.ts'

/** A message whose handling was given up, as whoever takes it from its dead topic files it. */
export interface NewDeadLetter {
  /** Hash of topic, key, `ce-id` (of what there is of the body where there is none) and attempts: a letter delivered twice is one. */
  readonly id: string
  /** Absent when the body does not tell. */
  readonly project?: string | undefined
  /** Where it was published first, without `.dead`. */
  readonly topic: string
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyBase64: string
  readonly code: string
  readonly error: string
  readonly attempts: number
  /** When it was given up: milliseconds since the epoch. */
  readonly at: number
}

export interface DeadLetter extends NewDeadLetter {
  /** Of a question shard: what its attempts said, as far as the store knew when the letter was filed. */
  readonly history: readonly Failure[]
  readonly replays: number
  readonly replayedAt: number | undefined
}

/** Without its body, which may be a megabyte. */
export type DeadLetterRow = Omit<DeadLetter, 'bodyBase64'>

export type Replay =
  /** To be published by the caller, as it is. */
  | { readonly replay: 'publish'; readonly message: WholeMessage }
  /** Its explanation is opened anew. */
  | ({ readonly replay: 'reopened' } & Sends)
  /** There is nothing to do; `why` is for a person. */
  | { readonly replay: 'nothing'; readonly why: string }

/** @throws InputError `MESSAGE_INVALID` for an id or project that not every store could keep */
export function checkLetter({ id, project = '' }: Pick<NewDeadLetter, 'id' | 'project'>): void {
  for (const text of [id, project]) checkId(text)
}

/** The shard that a letter asked for; undefined for other topics, and for a body that is none. */
export function shardOfLetter({
  topic,
  bodyBase64,
}: Pick<NewDeadLetter, 'topic' | 'bodyBase64'>): ShardRef | undefined {
  if (!topic.startsWith('questions.')) return undefined
  try {
    return ShardRef.safeParse(JSON.parse(Buffer.from(bodyBase64, 'base64').toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** Why a question shard is not asked anew. @param state of its explanation, undefined when that is gone */
export function whyNotReopened(state: ExplanationState | undefined): string {
  if (state === undefined) return 'its explanation is gone: the job or photo was removed or forgotten'
  if (state === 'done') return 'its explanation ended well since'
  if (state === 'open') return 'its explanation is open: what is missing is asked again by itself'
  return 'no failed item wants its explanation whose job is not cancelled and has budget left'
}

/**
 * The letter as a message again, without what its death added. Its `ce-id` is new: a broker that drops what it has
 * seen before would drop it, and if it dies again that is another letter.
 */
export function replayOf({ topic, key, headers, bodyBase64 }: NewDeadLetter, replays: number): Replay {
  if (headers[LEFT_OUT] !== undefined)
    return { replay: 'nothing', why: `it left out ${headers[LEFT_OUT]}: send the message again from where it came` }
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('fanlight-'))
  const id = headers['ce-id']
  const message = {
    topic,
    key,
    body: Buffer.from(bodyBase64, 'base64'),
    headers: { ...Object.fromEntries(kept), ...(id !== undefined && { 'ce-id': `${id}/replay-${replays}` }) },
  }
  return { replay: 'publish', message }
}
