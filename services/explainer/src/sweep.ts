import { CONTRACT_VERSION } from '@fanlight/contracts'
import { messageOf, sendOutbox } from '@fanlight/service-kit'
import { advance } from './advance.ts'
import { type Desk, explanationKey } from './desk.ts'
import { pump, reconcile, retryTroubled } from './items.ts'

const BATCH = 100

/** What upkeep there is, each line of it on its own: one that fails must not keep the others from their work. */
const STEPS: readonly ((desk: Desk) => Promise<void>)[] = [
  async ({ ports }) => sendOutbox(ports, await ports.store.releaseExpired()),
  async ({ ports }) => sendOutbox(ports, await ports.store.cancelOverdue(BATCH)),
  async ({ ports, options }) => sendOutbox(ports, { outbox: await ports.store.unsent(options.resendMs, BATCH) }),
  reconcile,
  retryTroubled,
  redriveStalled,
  sendLostCounts,
  (desk) => pump(desk, { rung: true }),
]

/**
 * One turn of the upkeep that makes losses harmless: each line re-drives one thing that can get lost.
 * @throws the first of what went wrong, after all else was done
 */
export async function sweep(desk: Desk): Promise<void> {
  const troubles: unknown[] = []
  for (const step of STEPS) await step(desk).catch((error: unknown) => troubles.push(error))
  if (troubles.length > 0) throw troubles[0]
}

async function redriveStalled(desk: Desk): Promise<void> {
  const { store, clock } = desk.ports
  const { stalledMs } = desk.options
  for (const { project, explanation } of await store.stalled(stalledMs, BATCH)) {
    const redrive = desk.redrives.isDue(explanationKey(project, explanation), clock.now(), stalledMs)
    await advance(desk, project, explanation, { redrive })
  }
}

/** Not at every turn: what was just sent again needs time to be counted. */
async function sendLostCounts(desk: Desk): Promise<void> {
  const { store, bus, clock } = desk.ports
  const { stalledMs } = desk.options
  if (clock.now() - desk.countsSweptAtMs < stalledMs) return
  desk.countsSweptAtMs = clock.now()
  for (const counted of await store.uncounted(stalledMs, BATCH)) {
    const body = { version: CONTRACT_VERSION, ...counted } as const
    const id = `${counted.item}/${counted.explanation}`
    await bus.publish([messageOf('attributions.made', counted.explanation, body, id)])
  }
}
