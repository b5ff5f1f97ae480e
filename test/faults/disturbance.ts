import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@fanlight/cluster'
import { Dice } from './dice.ts'

/** What is done to the cluster from outside. */
export type Disturbance =
  | { readonly kind: 'kill'; readonly service: string }
  | { readonly kind: 'pause'; readonly service: string; readonly ms: number }
  | { readonly kind: 'server'; readonly server: 'bus' | 's3' | 'postgres'; readonly downMs: number }

/** Leases are 15 s: half of the pauses outlast them. */
const PAUSES_MS = { short: [500, 4_000], long: [16_000, 20_000] } as const

/** The same seed disturbs the same processes in the same order, for ever. */
export function* disturbances(seed: number, services: readonly string[]): Generator<Disturbance & { waitMs: number }> {
  const dice = new Dice(seed, 'disturbances')
  for (;;) {
    const waitMs = dice.between(1_000, 5_000)
    const chance = dice.draw()
    if (chance < 0.65) yield { kind: 'kill', service: dice.pick(services), waitMs }
    else if (chance < 0.83) {
      const [low, high] = PAUSES_MS[dice.chance(0.5) ? 'long' : 'short']
      yield { kind: 'pause', service: dice.pick(services), ms: dice.between(low, high), waitMs }
    } else {
      const server = dice.pick(['bus', 's3', 'postgres'] as const)
      yield { kind: 'server', server, downMs: dice.between(200, 9_000), waitMs }
    }
  }
}

/** Resolves when it is done; a pause, when it is over. A process that dies meanwhile comes back by itself. */
export async function disturb({ services, servers }: Cluster, disturbance: Disturbance): Promise<void> {
  if (disturbance.kind === 'server') {
    const server = servers[disturbance.server].server!
    await server.stop('SIGKILL')
    await sleep(disturbance.downMs)
    await server.start()
    return
  }
  const service = services.find(({ label }) => label === disturbance.service)!
  if (disturbance.kind === 'kill') return service.signal('SIGKILL')
  service.signal('SIGSTOP')
  await sleep(disturbance.ms)
  service.signal('SIGCONT')
}
