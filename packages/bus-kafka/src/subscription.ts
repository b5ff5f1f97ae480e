import type { Handler, SubscribeOptions, WholeMessage } from '@fanlight/ports'
import type { Kafka } from 'kafkajs'
import { Dispatcher } from './dispatcher.ts'
import { Member } from './member.ts'
import { groupIdOf } from './names.ts'

export interface SubscriptionOptions extends Required<SubscribeOptions> {
  readonly handle: Handler
  readonly bury: (message: WholeMessage, error: unknown, attempts: number) => Promise<void>
  readonly client: () => Kafka
  readonly prefix: string
  readonly leaseMs: number
  readonly retryDelayMs: number
  readonly ensureTopic: (topic: string) => Promise<void>
}

/** A member of each topic's group, and the handlers that they feed. */
export class Subscription {
  readonly #dispatcher: Dispatcher
  readonly #members: ReadonlyMap<string, Member>
  #ended: Promise<void> | undefined

  constructor(options: SubscriptionOptions) {
    const { topics, group, prefix, client, leaseMs, ensureTopic } = options
    this.#dispatcher = new Dispatcher({
      ...options,
      progressed: (window) => this.#members.get(window.topic)?.regulate(window),
    })
    this.#members = new Map(
      topics.map((topic) => {
        const names = { topic, kafkaTopic: prefix + topic, groupId: groupIdOf(prefix, group, topic) }
        const member = new Member(
          { ...names, client, leaseMs, ensureTopic: () => ensureTopic(topic) },
          this.#dispatcher,
        )
        return [topic, member]
      }),
    )
  }

  get members(): readonly Member[] {
    return [...this.#members.values()]
  }

  end(withinMs: number): Promise<void> {
    this.#ended ??= this.#end(withinMs)
    return this.#ended
  }

  async #end(withinMs: number): Promise<void> {
    for (const member of this.members) member.halt()
    await this.#dispatcher.drain()
    await Promise.all(this.members.map((member) => member.leave(withinMs)))
  }
}
