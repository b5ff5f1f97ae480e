import { CONTRACT_VERSION } from '@fanlight/contracts'
import { messageOf, sendOutbox } from '@fanlight/service-kit'
import { advance } from './advance.ts'
import type { Desk } from './desk.ts'
import { pump, reconcile, retryTroubled } from './items.ts'

const BATCH = 100

/** One turn of the upkeep that makes losses harmless: each line re-drives one thing that can get lost. */
export async function sweep(desk: Desk): Promise<void> {
  const { store } = desk.ports
  const { owner, leaseMs, resendMs, stalledMs } = desk.options
  await store.renewLease(owner, leaseMs)
  await sendOutbox(desk.ports, await store.releaseExpired())
  await sendOutbox(desk.ports, await store.cancelOverdue(BATCH))
  await sendOutbox(desk.ports, { outbox: await store.unsent(resendMs, BATCH) })
  await reconcile(desk)
  await retryTroubled(desk)
  for (const { project, explanation } of await store.stalled(stalledMs, BATCH)) {
    await advance(desk, project, explanation, { redrive: true })
  }
  await sendLostCounts(desk)
  await pump(desk)
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
