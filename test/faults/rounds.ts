import { setTimeout as sleep } from 'node:timers/promises'
import { backlogOf, whyUnfinished } from './dump.ts'
import { isOver, type Outcome, observe } from './outcome.ts'
import { type Ports, patiently } from './ports.ts'
import { forgetWork, startWork, type Work } from './work.ts'

/**
 * Begins the work as if it had never been done.
 * @param options.drainMs how long the bus may take to come to rest: what the former round left is not for this one
 */
export async function beginAnew(ports: Ports, work: Work, { drainMs = 60_000 } = {}): Promise<void> {
  await emptyBus(ports, drainMs)
  await patiently(() => forgetWork(ports, work))
  await patiently(() => startWork(ports, work))
}

/**
 * What the work leaves when nothing disturbs it.
 * @throws Error when it does not end, or a photo fails: then there is nothing to compare with
 */
export async function undisturbed(ports: Ports, work: Work, folder: string): Promise<Outcome> {
  await beginAnew(ports, work)
  if (!(await finishes(ports, work))) throw new Error(await whyUnfinished(ports, work, folder))
  const outcome = await settled(ports, work)
  const failed = [...outcome.facts].find(([name, fact]) => name.startsWith('item ') && !/^\w+ done /.test(fact))
  if (failed) throw new Error(`without any fault, ${failed.join(': ')}`)
  if (outcome.targetsCounted === 0) throw new Error('the photos have no targets')
  return outcome
}

export async function finishes(ports: Ports, work: Work, limitMs = 240_000): Promise<boolean> {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    if (await isOver(ports, work)) return true
    await sleep(300)
  }
  return false
}

/** What is there when the late copies have come, too: they must not move anything any more. */
export async function settled(ports: Ports, work: Work): Promise<Outcome> {
  await emptyBus(ports)
  return observe(ports, work)
}

/** Copies are at most 3 s late. @param limitMs a frozen or dying member may keep its messages for a lease */
async function emptyBus(ports: Ports, limitMs = 60_000): Promise<void> {
  await sleep(3_000)
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline && (await patiently(() => backlogOf(ports))).length > 0) await sleep(500)
}
