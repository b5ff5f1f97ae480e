import fastify, { type FastifyInstance } from 'fastify'

/** Resolves when what a service leans on answers; rejects with what is wrong. */
export type ReadyCheck = () => Promise<void>

export interface Health extends AsyncDisposable {
  readonly url: string
  /** From now on `/readyz` is what the checks say, and until then it is 503. */
  ready(checks: Readonly<Record<string, ReadyCheck>>): void
  /** `/readyz` is 503 again: nobody should send more work. */
  draining(): void
}

export interface HealthOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The text of `/metrics`, in Prometheus's format. */
  readonly metrics: () => Promise<string>
}

const CHECK_TIMEOUT_MS = 2_000

type State = { readonly phase: 'starting' | 'draining' } | { readonly phase: 'ready'; readonly checks: Checks }
type Checks = Readonly<Record<string, ReadyCheck>>

/**
 * `/livez`: the process turns its event loop. `/readyz`: it has started, is not draining, and what it leans on
 * answers within two seconds. `/metrics`. No secrets, no ids of images.
 */
export async function serveHealth({ host, port, metrics }: HealthOptions): Promise<Health> {
  let state: State = { phase: 'starting' }
  const app: FastifyInstance = fastify({ forceCloseConnections: true })
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    const faults = state.phase === 'ready' ? await failing(state.checks) : { service: `it is ${state.phase}` }
    const isReady = Object.keys(faults).length === 0
    return reply.code(isReady ? 200 : 503).send(isReady ? { status: 'ok' } : { status: 'unavailable', faults })
  })
  app.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()))
  const url = await app.listen({ host, port })
  return {
    url,
    ready: (checks) => {
      state = { phase: 'ready', checks }
    },
    draining: () => {
      state = { phase: 'draining' }
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

async function failing(checks: Checks): Promise<Record<string, string>> {
  const faults: Record<string, string> = {}
  const run = async ([name, check]: [string, ReadyCheck]) => {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error('no answer within 2 s')), CHECK_TIMEOUT_MS)
    try {
      await Promise.race([check(), late])
    } catch (error) {
      faults[name] = error instanceof Error ? error.message : String(error)
    } finally {
      clearTimeout(timer)
    }
  }
  await Promise.all(Object.entries(checks).map(run))
  return faults
}
