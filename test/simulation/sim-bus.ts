import {
  type Bus,
  type Delivery,
  failureOf,
  type Handler,
  type Message,
  retryOf,
  type SubscribeOptions,
} from '@fanlight/ports'
import type { SimProcess, World } from './world.ts'

interface Subscription {
  readonly process: SimProcess
  readonly options: SubscribeOptions
  readonly handle: Handler
  running: number
}

/** Who reads what, so that a message published before its reader is up waits for it. */
const groupsOf: Readonly<Record<string, readonly string[]>> = {
  'items.ready': ['explainer'],
  'questions.live': ['inference'],
  'questions.bulk': ['inference'],
  answers: ['explainer'],
  'explanations.ready': ['explainer-steps'],
  'attributions.made': ['aggregator'],
}

const UNHEARD = new AbortController().signal

/** A bus at its worst: at least once, in any order, late, twice, or (a bus in memory whose process died) not at all. */
export class SimBus {
  readonly dead: { readonly message: Message; readonly error: string }[] = []
  readonly #world: World
  #subscriptions: Subscription[] = []

  constructor(world: World) {
    this.#world = world
  }

  portFor(process: SimProcess): Bus {
    return {
      supports: { keyOrder: false, durable: false, redistributes: true },
      publish: (messages) =>
        this.#world.call(process, 'publish', async () => {
          for (const message of messages) this.#accept(message)
        }),
      subscribe: async (options, handle) => {
        const subscription = { process, options, handle, running: 0 }
        this.#subscriptions.push(subscription)
        return { [Symbol.asyncDispose]: async () => this.#leave(subscription) }
      },
      backlog: async () => [],
      [Symbol.asyncDispose]: async () => {},
    }
  }

  #leave(subscription: Subscription): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
  }

  #accept(message: Message): void {
    for (const group of groupsOf[message.topic] ?? []) {
      if (this.#world.fault('drops', 0.02)) continue
      this.#post(message, group, this.#world.fault('delays', 0.05) ? this.#world.below(20_000) : 0)
      if (this.#world.fault('duplicates', 0.05)) this.#post(message, group, this.#world.below(5_000))
    }
  }

  #post(message: Message, group: string, delayMs: number): void {
    this.#world.schedule(undefined, `deliver ${message.topic}`, () => this.#deliver(message, group), delayMs)
  }

  #deliver(message: Message, group: string): void {
    const ready = this.#subscriptions.filter(
      ({ process, options, running }) =>
        process.alive &&
        options.group === group &&
        options.topics.includes(message.topic) &&
        running < (options.concurrency ?? 1),
    )
    const taker = ready[this.#world.below(ready.length)]
    if (!taker) {
      this.#post(message, group, 200)
      return
    }
    taker.running += 1
    const takeBack = () => this.#post(message, group, 100)
    taker.process.onCrash.add(takeBack)
    const delivery: Delivery = { ...message, headers: message.headers ?? {}, deliveries: 1, signal: UNHEARD }
    const settle = (then: () => void) => {
      if (!taker.process.alive) return
      taker.running -= 1
      taker.process.onCrash.delete(takeBack)
      then()
    }
    taker.handle(delivery).then(
      () => settle(() => {}),
      (error) => settle(() => this.#rejected(message, group, error)),
    )
  }

  #rejected(message: Message, group: string, error: unknown): void {
    if (retryOf(error) === 'later') this.#post(message, group, 500)
    else this.dead.push({ message, error: failureOf(error, 'MESSAGE_INVALID').code })
  }
}
