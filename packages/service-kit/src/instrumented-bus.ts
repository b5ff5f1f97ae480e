import { type Bus, type Delivery, isFanlightError, type Message, retryOf } from '@fanlight/ports'
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

const tracer = trace.getTracer('fanlight')

/**
 * The same bus, which also counts and times what goes through it, carries the trace (W3C `traceparent`) from whoever
 * publishes to whoever handles, and logs what handlers reject. Services know nothing of it.
 */
export function instrumentedBus(bus: Bus, { logger, metrics }: { logger: Logger; metrics: Metrics }): Bus {
  return {
    supports: bus.supports,

    async publish(messages) {
      await bus.publish(messages.map(withTrace))
      for (const { topic, body } of messages) {
        metrics.published.inc({ topic })
        metrics.publishedBytes.inc({ topic }, body.byteLength)
      }
    },

    subscribe: (options, handle) =>
      bus.subscribe(options, async (delivery) => {
        const { topic } = delivery
        const end = metrics.processSeconds.startTimer({ topic })
        metrics.running.inc({ topic })
        let outcome = 'done' as Outcome
        // Within the span, so that the line has its ids.
        const told = async () => {
          try {
            await handle(delivery)
          } catch (error) {
            outcome = outcomeOf(error)
            const id = delivery.headers['ce-id']
            const level = outcome === 'passed_on' ? 'debug' : 'warn'
            if (!delivery.signal.aborted)
              logger[level]({ topic, id, error: String(error), outcome }, 'message rejected')
            throw error
          }
        }
        try {
          await traced(delivery, told)
        } finally {
          metrics.consumed.inc({ topic, outcome })
          metrics.running.dec({ topic })
          // What was not looked at would make the rest look quick.
          if (outcome !== 'passed_on') end()
        }
      }),

    backlog: (topics) => bus.backlog(topics),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

type Outcome = 'done' | 'retried' | 'passed_on' | 'given up'

/** Giving a shard back is how work finds its worker, and no trouble. */
function outcomeOf(error: unknown): Outcome {
  if (isFanlightError(error) && error.code === 'WORKER_OCCUPIED') return 'passed_on'
  return retryOf(error) === 'later' ? 'retried' : 'given up'
}

function withTrace(message: Message): Message {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return { ...message, headers: { ...carrier, ...message.headers } }
}

async function traced(delivery: Delivery, work: () => Promise<void>): Promise<void> {
  const { topic, headers } = delivery
  const parent = propagation.extract(ROOT_CONTEXT, headers)
  const attributes = { 'messaging.destination.name': topic, 'messaging.message.id': headers['ce-id'] ?? '' }
  const span = tracer.startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, parent)
  try {
    await context.with(trace.setSpan(parent, span), work)
  } catch (error) {
    if (outcomeOf(error) !== 'passed_on') span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
    throw error
  } finally {
    span.end()
  }
}
