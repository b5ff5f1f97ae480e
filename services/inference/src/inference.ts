import { CONTRACT_VERSION, type Outcome, type QuestionShard, type ShardRef } from '@fanlight/contracts'
import { type Bus, type Delivery, failureOf, InputError, type Model, retryOf, type Store } from '@fanlight/ports'
import { consume, type Logger, messageOf } from '@fanlight/service-kit'

export interface InferencePorts {
  readonly bus: Bus
  readonly store: Store
  readonly model: Model
  readonly logger: Logger
  /** A shard that fails this often is answered by a failure. @default 3 */
  readonly maxAttempts?: number
}

const NOTHING_MEASURED = { forwards: 0, durationMs: 0 }

/** Question shards become answers: `questions.live` and `questions.bulk` in, `answers` out. */
export function startInference(ports: InferencePorts): Promise<AsyncDisposable> {
  const { bus, model } = ports
  const topics = ['questions.live', 'questions.bulk'] as const
  return consume(bus, { topics, group: 'inference', concurrency: model.concurrency }, (shard, delivery) =>
    answerShard(ports, shard, delivery),
  )
}

async function answerShard(ports: InferencePorts, shard: QuestionShard, delivery: Delivery): Promise<void> {
  const { store, model, maxAttempts = 3 } = ports
  const ref = refOf(shard)
  const start = await store.startShard(ref)
  if (start.do === 'skip') return
  if (start.attempt > maxAttempts) return giveUp(ports, ref, start.failures.at(-1)?.message ?? 'its worker died without a word')

  try {
    const { answer, executionClass, measured } = await model.answer(shard, delivery.signal)
    await publish(ports, ref, { ok: true, answer, executionClass }, measured)
  } catch (error) {
    if (delivery.signal.aborted) throw error
    const failure = failureOf(error, 'WORKER_CRASHED')
    ports.logger.warn({ ...ref, attempt: start.attempt, failure }, 'shard failed')
    if (retryOf(error) === 'never') return publish(ports, ref, { ok: false, failure }, NOTHING_MEASURED)
    await store.recordAttemptFailure(ref, failure)
    if (start.attempt < maxAttempts) throw error
    return giveUp(ports, ref, failure.message)
  }
}

/** Answers with a failure, so that the explanation ends, and leaves the message to the dead letters. */
async function giveUp(ports: InferencePorts, ref: ShardRef, last: string): Promise<never> {
  const { maxAttempts = 3 } = ports
  const message = `gave up after ${maxAttempts} attempts; the last one said: ${last}`
  const failure = { code: 'SHARD_ATTEMPTS_EXHAUSTED' as const, message: message.slice(0, 4096) }
  await publish(ports, ref, { ok: false, failure }, NOTHING_MEASURED)
  throw new InputError(failure.code, failure.message)
}

function publish({ bus }: InferencePorts, ref: ShardRef, outcome: Outcome, measured: { forwards: number; durationMs: number }) {
  const body = { version: CONTRACT_VERSION, ...ref, outcome, measured } as const
  const id = `${ref.explanation}/${ref.ordinal}/${ref.shard}`
  return bus.publish([messageOf('answers', ref.explanation, body, id)])
}

const refOf = ({ project, explanation, ordinal, shard }: QuestionShard): ShardRef => ({ project, explanation, ordinal, shard })
