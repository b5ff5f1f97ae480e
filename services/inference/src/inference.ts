import { CONTRACT_VERSION, type Failure, type Outcome, type QuestionShard, type ShardRef } from '@fanlight/contracts'
import {
  type Bus,
  type Delivery,
  type ErrorCode,
  failureOf,
  InputError,
  isFanlightError,
  type Model,
  type ModelAnswer,
  retryOf,
  type Store,
} from '@fanlight/ports'
import { consume, type Logger, messageOf } from '@fanlight/service-kit'
import { Detectors } from './detectors.ts'
import { giveBackIfOccupied } from './occupied.ts'

export interface InferencePorts {
  readonly bus: Bus
  readonly store: Store
  readonly model: Model
  readonly logger: Logger
}

interface Worker extends InferencePorts {
  readonly detectors: Detectors
}

/** A shard that fails this often is answered by a failure. */
const MAX_FAILURES = 3

/**
 * Attempts that began and never said how they ended: their process died, or the message came twice and another is
 * at it right now. The two cannot be told apart, so these get more patience than failures do.
 */
const MAX_SILENT_ATTEMPTS = 6

/** What says of a server that it is away says nothing of the shard: that is put off, however long it lasts. */
const AWAY: ReadonlySet<string> = new Set<ErrorCode>([
  'ARTIFACTS_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'BUS_UNAVAILABLE',
  'DISK_FULL',
])

const NOTHING_MEASURED = { forwards: 0, durationMs: 0 }

/** Question shards become answers: `questions.live` and `questions.bulk` in, `answers` out. */
export function startInference(ports: InferencePorts): Promise<AsyncDisposable> {
  const { bus, model, store } = ports
  const detectors = new Detectors(store)
  const topics = ['questions.live', 'questions.bulk'] as const
  return consume(bus, { topics, group: 'inference', concurrency: model.concurrency }, (shard, delivery) => {
    giveBackIfOccupied(ports, shard, delivery)
    return answerShard({ ...ports, detectors }, shard, delivery)
  })
}

async function answerShard(ports: Worker, shard: QuestionShard, delivery: Delivery): Promise<void> {
  const { store } = ports
  const ref = refOf(shard)
  const start = await store.startShard(ref)
  if (start.do === 'skip') return
  const failed = start.failures.length
  const silent = start.attempt - 1 - failed
  if (failed >= MAX_FAILURES || silent >= MAX_SILENT_ATTEMPTS)
    return giveUp(ports, ref, start.attempt - 1, start.failures)

  const tried = await attempt(ports, shard, delivery)
  // Outside of what counts as an attempt: a bus that is away is no fault of the shard's.
  if ('answer' in tried) {
    const { answer, executionClass, measured } = tried
    try {
      return await publish(ports, ref, { ok: true, answer, executionClass }, measured)
    } catch (error) {
      // No bus carries it, however often it is computed.
      if (retryOf(error) === 'never')
        return publish(ports, ref, { ok: false, failure: failureOf(error, 'MESSAGE_TOO_LARGE') }, NOTHING_MEASURED)
      await store.abandonShard(ref)
      throw error
    }
  }
  const failure = failureOf(tried.error, 'WORKER_CRASHED')
  ports.logger.warn({ ...ref, attempt: start.attempt, failure }, 'shard failed')
  if (retryOf(tried.error) === 'never') return publish(ports, ref, { ok: false, failure }, NOTHING_MEASURED)
  await store.recordAttemptFailure(ref, failure)
  if (failed + 1 < MAX_FAILURES) throw tried.error
  return giveUp(ports, ref, start.attempt, [...start.failures, failure])
}

/** @throws what the model threw, when it was told to stop or could not get at its input: no failure of the shard's */
async function attempt(
  { store, model, detectors }: Worker,
  shard: QuestionShard,
  { signal }: Delivery,
): Promise<ModelAnswer | { readonly error: unknown }> {
  try {
    return await model.answer({ ...shard, detector: await detectors.refOf(shard) }, signal)
  } catch (error) {
    const isAway = isFanlightError(error) && AWAY.has(error.code)
    if (!signal.aborted && !isAway) return { error }
    await store.abandonShard(refOf(shard))
    throw error
  }
}

/** Answers with a failure, so that the explanation ends, and leaves the message to the dead letters. */
async function giveUp(
  ports: InferencePorts,
  ref: ShardRef,
  attempts: number,
  failures: readonly Failure[],
): Promise<never> {
  const last = failures.at(-1)
  const message = `gave up after ${attempts} attempts; ${last ? `the last one said: ${last.message}` : 'none said why it ended'}`
  const failure = { code: 'SHARD_ATTEMPTS_EXHAUSTED' as const, message: message.slice(0, 4096) }
  await publish(ports, ref, { ok: false, failure }, NOTHING_MEASURED)
  // The store forgets the attempts with the explanation; the letter remembers them.
  const history = failures.map(({ code, message }, i) => `; ${i + 1}. ${code}: ${message.slice(0, 500)}`).join('')
  throw new InputError(failure.code, `gave up after ${attempts} attempts${history}`)
}

function publish(
  { bus }: InferencePorts,
  ref: ShardRef,
  outcome: Outcome,
  measured: { forwards: number; durationMs: number },
) {
  const body = { version: CONTRACT_VERSION, ...ref, outcome, measured } as const
  const id = `${ref.explanation}/${ref.ordinal}/${ref.shard}`
  return bus.publish([messageOf('answers', ref.explanation, body, id)])
}

const refOf = ({ project, explanation, ordinal, shard, hash, from, to }: QuestionShard): ShardRef => ({
  project,
  explanation,
  ordinal,
  shard,
  hash,
  from,
  to,
})
