import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What every service measures of its messages, under OpenTelemetry's names for messaging. */
export interface Metrics {
  readonly registry: Registry
  readonly consumed: Counter<'topic' | 'outcome'>
  readonly published: Counter<'topic'>
  readonly publishedBytes: Counter<'topic'>
  readonly processSeconds: Histogram<'topic'>
  readonly running: Gauge<'topic'>
}

export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    consumed: new Counter({
      name: 'messaging_client_consumed_messages_total',
      help: 'Messages handled, by what came of it: done, retried, passed_on (to a worker that holds the detector) or given up',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    published: new Counter({
      name: 'messaging_client_published_messages_total',
      help: 'Messages that the bus took',
      labelNames: ['topic'],
      registers,
    }),
    publishedBytes: new Counter({
      name: 'fanlight_published_bytes_total',
      help: 'Bytes of the bodies of those messages',
      labelNames: ['topic'],
      registers,
    }),
    processSeconds: new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'Time that a handler took',
      labelNames: ['topic'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
      registers,
    }),
    running: new Gauge({
      name: 'fanlight_handlers_running',
      help: 'Messages being handled',
      labelNames: ['topic'],
      registers,
    }),
  }
}
