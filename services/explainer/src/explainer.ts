import { InputError } from '@fanlight/ports'
import { consume, sendOutbox } from '@fanlight/service-kit'
import { advance } from './advance.ts'
import { startDeadLetters } from './dead-letters.ts'
import { DEFAULT_OPTIONS, Desk, type ExplainerOptions, type ExplainerPorts } from './desk.ts'
import { pump } from './items.ts'
import { sweep } from './sweep.ts'

export interface Explainer extends AsyncDisposable {
  /** One turn of the sweeper, for whoever keeps time otherwise. */
  sweep(): Promise<void>
}

/**
 * Items become questions, answers become attributions. Reads `items.ready`, `answers` and `explanations.ready`;
 * writes question shards and `attributions.made` through the outbox.
 */
export async function startExplainer(
  ports: ExplainerPorts,
  given: Partial<ExplainerOptions> & Pick<ExplainerOptions, 'owner'>,
): Promise<Explainer> {
  const options = { ...DEFAULT_OPTIONS, ...given }
  if (options.maxOpenItems < 1)
    throw new InputError('USAGE', `maxOpenItems is ${options.maxOpenItems}, expected at least 1`)
  const desk = new Desk(ports, options)
  await ports.store.renewLease(options.owner, options.leaseMs)
  const subscriptions = await subscribe(desk)
  const stopping = new AbortController()
  const upkeep = Promise.all([keepLease(desk, stopping.signal), keepSweeping(desk, stopping.signal)])
  return {
    sweep: () => sweep(desk),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const subscription of subscriptions) await subscription[Symbol.asyncDispose]()
      await upkeep
    },
  }
}

async function subscribe(desk: Desk): Promise<AsyncDisposable[]> {
  const { bus, store } = desk.ports
  return [
    await startDeadLetters(desk.ports),
    await consume(bus, { topics: ['items.ready'], group: 'explainer' }, () => pump(desk, { rung: true })),
    await consume(bus, { topics: ['answers'], group: 'explainer', concurrency: 8 }, async (answered) => {
      const { version, outcome, measured, ...ref } = answered
      await sendOutbox(desk.ports, await store.storeAnswer(ref, outcome, measured))
    }),
    await consume(bus, { topics: ['explanations.ready'], group: 'explainer-steps', concurrency: 8 }, async (ready) => {
      await advance(desk, ready.project, ready.explanation, { redrive: false })
      await pump(desk)
    }),
  ]
}

/** On its own, since a turn of the sweeper may take longer than a lease lasts. */
async function keepLease({ ports, options }: Desk, signal: AbortSignal): Promise<void> {
  const { store, clock, logger } = ports
  while (!signal.aborted) {
    await clock.sleep(Math.floor(options.leaseMs / 3), signal)
    if (signal.aborted) return
    try {
      await store.renewLease(options.owner, options.leaseMs)
    } catch (error) {
      logger.error({ error: String(error) }, 'could not renew the lease, will try again')
    }
  }
}

async function keepSweeping(desk: Desk, signal: AbortSignal): Promise<void> {
  const { clock, logger } = desk.ports
  while (!signal.aborted) {
    try {
      await sweep(desk)
    } catch (error) {
      logger.error({ error: String(error) }, 'sweep failed, will try again')
    }
    await clock.sleep(desk.options.tickMs, signal)
  }
}
