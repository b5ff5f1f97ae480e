import type { ServiceName } from '@fanlight/cluster'

export type Side = 'before' | 'after'

/** Where a process may kill itself: `port.method before|after`, or `handled TOPIC`: done, and not yet acknowledged. */
export type Point = `${'bus' | 'store' | 'artifacts'}.${string} ${Side}` | `handled ${string}`

const around = (...calls: readonly `${'bus' | 'store' | 'artifacts'}.${string}`[]): Point[] =>
  calls.flatMap((call): Point[] => [`${call} before`, `${call} after`])

/** Every call of a service that leaves something behind. */
export const pointsOf: Readonly<Partial<Record<ServiceName, readonly Point[]>>> = {
  ingest: [...around('bus.publish', 'store.addItems', 'store.sealJob', 'store.markSent'), 'handled sources.ready'],
  inference: [...around('bus.publish', 'store.startShard'), 'handled questions.bulk'],
  explainer: [
    ...around(
      'bus.publish',
      'artifacts.put',
      'store.renewLease',
      'store.claimItems',
      'store.openExplanation',
      'store.askQuestion',
      'store.storeAnswer',
      'store.endExplanation',
      'store.markSent',
    ),
    'handled items.ready',
    'handled answers',
    'handled explanations.ready',
  ],
  aggregator: [...around('store.countTargets'), 'handled attributions.made'],
}

/** What a service process is told by the variable FAULTS, as JSON. */
export interface ProcessFaults {
  /** Of its messages' mishaps. */
  readonly seed: number
  readonly label: string
  /** Dies at the nth passage, from 1. */
  readonly kill?: { readonly point: Point; readonly nth: number }
  /** Whether messages come twice, late and out of order. */
  readonly mishaps: boolean
  /** A line for each fault that happened is added to this file. */
  readonly log: string
}
