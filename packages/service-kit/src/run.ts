import { hostname } from 'node:os'
import { isFanlightError, retryOf, type Store, systemClock } from '@fanlight/ports'
import { z } from 'zod'
import { type Config, readConfig, strayVariables, type Variables, wholeNumber } from './config.ts'
import { type Health, type ReadyCheck, serveHealth } from './health.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { startTracing } from './tracing.ts'

export { gaugeBacklog } from './backlog-gauge.ts'
export { instrumentedBus } from './instrumented-bus.ts'

/** What every service is configured by, whatever it does. */
export const processVariables = {
  FANLIGHT_LOG: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ about: 'the least level that is logged: debug, info, warn, error or silent', example: 'info' }),
  FANLIGHT_HEALTH_HOST: z
    .string()
    .default('0.0.0.0')
    .meta({ about: 'the address where health and metrics are served', example: '0.0.0.0' }),
  FANLIGHT_HEALTH_PORT: wholeNumber({ min: 0, max: 65_535 })
    .default(9090)
    .meta({ about: 'the port of /livez, /readyz and /metrics; 0 takes a free one', example: '9090' }),
  FANLIGHT_DRAIN_MS: wholeNumber({ min: 0, max: 3_600_000 })
    .default(25_000)
    .meta({ about: 'how long a stop may take, in ms; below the grace period of whoever stops it', example: '25000' }),
} as const satisfies Variables

export interface ServiceContext<V extends Variables> {
  readonly config: Config<V>
  readonly logger: Logger
  readonly metrics: Metrics
  /** Unique among living processes: host, process and a random part. */
  readonly instance: string
  /** Closed in reverse order when the process is told to stop, or when its start fails. */
  readonly resources: AsyncDisposableStack
}

const RETRY_MS = [500, 1_000, 2_000, 5_000] as const

/**
 * A service as a process: configuration checked first (exit 2, naming each variable), health and metrics, JSON logs,
 * traces, and an orderly end. A start that fails for a passing reason (a broker that is not up yet) is tried again.
 * SIGTERM and SIGINT drain: `/readyz` turns 503, resources close in reverse order, what runs may finish within
 * `FANLIGHT_DRAIN_MS` (then exit 1: whatever was cut off is delivered again).
 * @param start opens what the service needs, into `resources`. @returns what `/readyz` looks at
 */
export async function runService<V extends Variables>(
  name: string,
  variables: V,
  start: (context: ServiceContext<V>) => Promise<Readonly<Record<string, ReadyCheck>>>,
): Promise<never> {
  const known = { ...processVariables, ...variables }
  const config = configOrExit(name, known)
  const instance = `${hostname()}/${process.pid}/${crypto.randomUUID().slice(0, 8)}`
  const logger = createLogger({ level: config.FANLIGHT_LOG, fields: { service: name, instance } })
  const stopping = stopSignal(logger)
  process.on('unhandledRejection', (error) => logger.error({ error: String(error) }, 'unhandled rejection'))
  for (const stray of strayVariables(process.env, known)) logger.warn({ variable: stray }, 'no such variable')

  await using _tracing = startTracing(name, process.env)
  const metrics = createMetrics(name)
  await using health = await serveHealth({
    host: config.FANLIGHT_HEALTH_HOST,
    port: config.FANLIGHT_HEALTH_PORT,
    metrics: () => metrics.registry.metrics(),
  })
  logger.info({ health: health.url }, 'starting')
  const opened = await untilStarted(stopping, logger, async (resources) => {
    const context = { config: config as unknown as Config<V>, logger, metrics, instance, resources }
    health.ready(await start(context))
  })
  if (opened) {
    logger.info({}, 'ready')
    await aborted(stopping)
    await drain(opened, { health, logger, drainMs: config.FANLIGHT_DRAIN_MS })
  }
  process.exit(process.exitCode ?? 0)
}

function configOrExit<V extends Variables>(name: string, variables: V): Config<V> {
  try {
    return readConfig(process.env, variables)
  } catch (error) {
    if (!isFanlightError(error)) throw error
    process.stderr.write(`fanlight ${name}: ${error.message}\n`)
    process.exit(2)
  }
}

function stopSignal(logger: Logger): AbortSignal {
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info({ signal }, 'told to stop')
      stopping.abort()
    })
  }
  return stopping.signal
}

/** @returns what was opened; undefined when the process is to end */
async function untilStarted(
  stopping: AbortSignal,
  logger: Logger,
  start: (resources: AsyncDisposableStack) => Promise<void>,
): Promise<AsyncDisposableStack | undefined> {
  for (let attempt = 0; !stopping.aborted; attempt++) {
    const resources = new AsyncDisposableStack()
    try {
      await start(resources)
      return resources
    } catch (error) {
      await resources.disposeAsync().catch(() => {})
      const fields = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      if (retryOf(error) === 'never') {
        logger.error(fields, 'cannot start')
        process.exitCode = 2
        return undefined
      }
      const waitMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!
      logger.warn({ ...fields, waitMs }, 'could not start, will try again')
      await systemClock.sleep(waitMs, stopping)
    }
  }
  return undefined
}

interface Draining {
  readonly health: Health
  readonly logger: Logger
  readonly drainMs: number
}

async function drain(opened: AsyncDisposableStack, { health, logger, drainMs }: Draining): Promise<void> {
  health.draining()
  const late = setTimeout(() => {
    logger.error({ drainMs }, 'could not drain in time: what is cut off is delivered again')
    process.exit(1)
  }, drainMs)
  try {
    await opened.disposeAsync()
    logger.info({}, 'drained')
  } catch (error) {
    logger.error({ error: String(error) }, 'drained with a fault')
    process.exitCode = 1
  } finally {
    clearTimeout(late)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Whether the store answers. */
export const storeReady =
  (store: Store): ReadyCheck =>
  async () => {
    await store.unsent(Number.MAX_SAFE_INTEGER, 1)
  }
