// Stands in for @fanlight/drivers in a service process: the same drivers, and at each call the chance to die.

import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as drivers from '@fanlight/drivers'
import type { Bus, Message } from '@fanlight/ports'
import { Dice } from '../dice.ts'
import type { Point, ProcessFaults } from '../points.ts'

export * from '@fanlight/drivers'

const { seed, label, kill, mishaps, log } = JSON.parse(process.env.FAULTS ?? '{}') as ProcessFaults
const dice = new Dice(seed, label, 'mishaps')
let passagesLeft = kill?.nth ?? 0
let copies = 0

const note = (kind: string, what: string) => appendFileSync(log, `${JSON.stringify({ kind, label, what })}\n`)

function pass(point: Point): void {
  if (point !== kill?.point || --passagesLeft !== 0) return
  note('killed at a point', point)
  process.kill(process.pid, 'SIGKILL')
}

export const openStore: typeof drivers.openStore = async (config) => perilous('store', await drivers.openStore(config))

export const openArtifacts: typeof drivers.openArtifacts = async (config) =>
  perilous('artifacts', await drivers.openArtifacts(config))

export const openBus: typeof drivers.openBus = async (config) => {
  const bus = await drivers.openBus(config)
  return perilousBus(mishaps ? unreliable(bus) : bus)
}

/** The same port, whose every call is a place to die at. */
function perilous<T extends object>(name: 'store' | 'artifacts', port: T): T {
  return new Proxy(port, {
    get(target, method) {
      const member = Reflect.get(target, method)
      if (typeof member !== 'function') return member
      if (typeof method === 'symbol') return () => member.call(target)
      return (...args: unknown[]) => {
        pass(`${name}.${method} before`)
        const result: unknown = member.apply(target, args)
        if (!(result instanceof Promise)) return result
        return result.then((value) => {
          pass(`${name}.${method} after`)
          return value
        })
      }
    },
  })
}

function perilousBus(bus: Bus): Bus {
  return {
    supports: bus.supports,
    async publish(messages) {
      pass('bus.publish before')
      await bus.publish(messages)
      pass('bus.publish after')
    },
    subscribe: (options, handle) =>
      bus.subscribe(options, async (delivery) => {
        await handle(delivery)
        pass(`handled ${delivery.topic}`)
      }),
    backlog: (topics) => bus.backlog(topics),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

/** Messages come twice, late and out of order: of each, some. */
function unreliable(bus: Bus): Bus {
  return {
    supports: bus.supports,
    async publish(messages) {
      const copied = messages.filter(() => dice.chance(0.08))
      const ordered = messages.length > 1 && dice.chance(0.3) ? reordered(messages) : messages
      if (dice.chance(0.06)) {
        note('delayed', ordered[0]!.topic)
        await sleep(dice.between(50, 1_500))
      }
      await bus.publish(ordered)
      for (const message of copied) void publishAgain(bus, message)
    },
    subscribe: (options, handle) =>
      bus.subscribe(options, async (delivery) => {
        if (dice.chance(0.06)) {
          // Those behind it overtake it, where the group has room for more than one.
          note('held back', delivery.topic)
          await sleep(dice.between(50, 800))
        }
        await handle(delivery)
      }),
    backlog: (topics) => bus.backlog(topics),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

function reordered(messages: readonly Message[]): readonly Message[] {
  note('reordered', messages[0]!.topic)
  return dice.shuffled(messages)
}

/** Under an id of its own: a broker that drops what it has seen before would spare the consumers. */
async function publishAgain(bus: Bus, message: Message): Promise<void> {
  const id = `${message.headers?.['ce-id']}/copy-${process.pid}-${++copies}`
  await sleep(dice.between(0, 3_000))
  try {
    await bus.publish([{ ...message, headers: { ...message.headers, 'ce-id': id } }])
    note('duplicated', message.topic)
  } catch {
    // The broker is away or this process ends: then it does not come twice.
  }
}
