import type { Bus } from '@fanlight/ports'
import { Gauge } from 'prom-client'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

const PATIENCE_MS = 5_000

/** `fanlight_backlog_messages`: what waits on the bus, asked whenever somebody reads the metrics. */
export function gaugeBacklog(
  bus: Bus,
  topics: readonly string[],
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): void {
  const gauge = new Gauge({
    name: 'fanlight_backlog_messages',
    help: 'Messages that a group has yet to handle: those that wait, run, or wait for their redelivery',
    labelNames: ['topic', 'group'],
    registers: [],
    async collect() {
      try {
        const { promise: late, reject } = Promise.withResolvers<never>()
        const timer = setTimeout(() => reject(new Error('the bus did not answer')), PATIENCE_MS)
        const rows = await Promise.race([bus.backlog(topics), late]).finally(() => clearTimeout(timer))
        this.reset()
        for (const { topic, group, waiting } of rows) this.set({ topic, group }, waiting)
      } catch (error) {
        // Metrics of a broker that is away: the rest of them is needed then.
        logger.warn({ error: String(error) }, 'no backlog for the metrics')
      }
    },
  })
  metrics.registry.registerMetric(gauge)
}
