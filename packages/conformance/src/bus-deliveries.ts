import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus, Delivery, Message } from '@fanlight/ports'

/** Until it holds; what brokers tell of themselves lags behind. */
export async function eventually(check: () => Promise<void>, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}

export const message = (topic: string, key: string, number = 0): Message => ({ topic, key, body: bodyOf(number) })

/** One byte for a byte, four for more. */
function bodyOf(number: number): Uint8Array {
  return number < 256 ? Uint8Array.of(number) : new Uint8Array(Uint32Array.of(number).buffer)
}

export function numberIn(body: Uint8Array): number {
  return body.length === 1 ? body[0]! : new DataView(body.buffer, body.byteOffset).getUint32(0, true)
}

export const keysOf = (deliveries: readonly Delivery[]) => deliveries.map(({ key }) => key).sort()

/** Deliveries up to a number. */
export class Gathering {
  readonly #seen: Delivery[] = []
  readonly #done = Promise.withResolvers<void>()
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  add(delivery: Delivery): void {
    this.#seen.push(delivery)
    if (this.#seen.length === this.#count) this.#done.resolve()
  }

  async all(): Promise<readonly Delivery[]> {
    await this.#done.promise
    return this.#seen.slice(0, this.#count)
  }
}

/** The first deliveries that a new group, or the group given, gets; each is counted when its handler begins. */
export async function take(
  bus: Bus,
  topics: readonly string[],
  count: number,
  react: (delivery: Delivery) => Promise<void> = async () => {},
  concurrency = 1,
  group: string = randomUUID(),
): Promise<readonly Delivery[]> {
  const gathering = new Gathering(count)
  await using _member = await bus.subscribe({ topics, group, concurrency }, (delivery) => {
    gathering.add(delivery)
    return react(delivery)
  })
  return await gathering.all()
}
