import { explanationId, type Lane } from '@fanlight/contracts'
import type { ClaimedItem, NewExplanation } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { advance } from './advance.ts'
import { type Desk, itemKey } from './desk.ts'

/**
 * Claims items while there is room on the desk, and starts their explanations. Items that somebody waits for have room
 * of their own, however full of bulk work the desk is.
 * @param rung whether a doorbell says that there are some
 */
export function pump(desk: Desk, { rung = false } = {}): Promise<void> {
  return desk.exclusively('pump', async () => {
    await leaveWhatEndedElsewhere(desk)
    await fill(desk, () => desk.freeSlots)
    const { clock } = desk.ports
    // Seldom does a live item wait where nothing rang, and a full desk is asked at every step.
    if (!rung && clock.now() - desk.lookedForLiveAtMs < LIVE_MS) return
    desk.lookedForLiveAtMs = clock.now()
    await fill(desk, () => desk.freeLiveSlots, 'live')
  })
}

const LIVE_MS = 100

async function fill(desk: Desk, room: () => number, lane?: Lane): Promise<void> {
  while (room() > 0) {
    const claims = await desk.ports.store.claimItems(desk.options.owner, room(), { lane })
    if (claims.length === 0) return
    const isShared = (claim: ClaimedItem) => explanationsOf(claim).some(({ id }) => desk.isSharedHere(claim, id))
    // An item that was paused or taken away still lies here until it is looked at: it must not pass for a worker.
    if (claims.some(isShared)) desk.keepOnly(await desk.ports.store.heldItems(desk.options.owner))
    // All are on the desk before the first is worked on: if that fails, the tick knows of the others.
    for (const claim of claims) takeItem(desk, claim)
    for (const claim of claims) await openItem(desk, claim)
  }
}

/** How old the knowledge of what is ours may be while the desk is full. */
const HELD_MS = 100

/** Another explainer may have ended what lies here, and nobody says so: a full desk looks, but not at every message. */
async function leaveWhatEndedElsewhere(desk: Desk): Promise<void> {
  const { store, clock } = desk.ports
  if (desk.freeSlots > 0 || clock.now() - desk.heldAtMs < HELD_MS) return
  desk.keepOnly(await store.heldItems(desk.options.owner))
}

async function openItem(desk: Desk, claim: ClaimedItem): Promise<void> {
  desk.start(claim)
  for (const explanation of explanationsOf(claim)) await openExplanation(desk, claim, explanation)
}

async function openExplanation(desk: Desk, claim: ClaimedItem, explanation: NewExplanation): Promise<void> {
  const { id } = explanation
  try {
    const { state, outbox } = await desk.ports.store.openExplanation(claim, explanation)
    await sendOutbox(desk.ports, { outbox })
    if (state !== 'open') desk.settle(claim.project, id)
    else await advance(desk, claim.project, id, { redrive: !desk.isSharedHere(claim, id) })
  } catch (error) {
    desk.ports.logger.warn({ ...keysOf(claim), explanation: id, error: String(error) }, 'will try again')
    // Two items may share an explanation, and each must be linked to it.
    desk.troubled.set(`${itemKey(claim)} ${id}`, { claim, explanation })
  }
}

/** Tries again what failed for a passing reason. */
export async function retryTroubled(desk: Desk): Promise<void> {
  const troubled = [...desk.troubled.values()]
  desk.troubled.clear()
  for (const { claim, explanation } of troubled) {
    if (desk.has(claim)) await openExplanation(desk, claim, explanation)
  }
}

/**
 * Makes the desk agree with the store: leaves the items that are no longer ours (ended elsewhere, paused, cancelled,
 * a lost lease), and takes those that were claimed in our name without our hearing of it.
 */
export function reconcile(desk: Desk): Promise<void> {
  return desk.exclusively('pump', async () => {
    const held = await desk.ports.store.heldItems(desk.options.owner)
    desk.keepOnly(held)
    for (const claim of held) {
      if (desk.has(claim)) continue
      takeItem(desk, claim)
      await openItem(desk, claim)
    }
  })
}

const takeItem = (desk: Desk, claim: ClaimedItem) =>
  desk.take(
    claim,
    explanationsOf(claim).map(({ id }) => id),
  )

function explanationsOf({ image, spec }: ClaimedItem): NewExplanation[] {
  return spec.methods.map((method) => {
    const { policy, seed, nonce, detector } = spec
    const id = explanationId({ image: image.sha256, detector: detector.id, policy, method, seed, nonce })
    return { id, image, method, spec }
  })
}

const keysOf = ({ project, job, item }: ClaimedItem) => ({ project, job, item })
