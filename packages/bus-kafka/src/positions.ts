import type { EachBatchPayload } from 'kafkajs'
import type { TopicWindow } from './dispatcher.ts'

/** What kafkajs hands out with a batch: its own `commitOffsets` would repeat a refused commit in a later generation. */
export type Lane = Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'heartbeat'>

/** How far the group is in the partitions of a member, as the broker was told. */
export class Positions {
  readonly #kafkaTopic: string
  readonly #committed = new Map<TopicWindow, number>()
  #underWay: Promise<void> | undefined

  constructor(kafkaTopic: string) {
    this.#kafkaTopic = kafkaTopic
  }

  /** The partition is another member's, who goes on from what the broker was told. */
  forget(place: TopicWindow): void {
    this.#committed.delete(place)
  }

  /** Unless one is under way. Refused, or not heard: the next one says the same and more. */
  commitSoon(lane: Lane | undefined, owned: ReadonlySet<TopicWindow>): void {
    this.#underWay ??= this.#commit(lane, owned)
      .catch(() => {})
      .finally(() => {
        this.#underWay = undefined
      })
  }

  /** After one that is under way, so that it is not overtaken. @throws when the broker refuses it, or says nothing */
  async commit(lane: Lane | undefined, owned: ReadonlySet<TopicWindow>): Promise<void> {
    await this.#underWay
    await this.#commit(lane, owned)
  }

  async #commit(lane: Lane | undefined, owned: ReadonlySet<TopicWindow>): Promise<void> {
    const moved = [...owned].flatMap((place) => {
      const { watermark } = place.window
      const isNew = watermark !== undefined && watermark !== this.#committed.get(place)
      return isNew ? [{ place, watermark }] : []
    })
    if (moved.length === 0 || !lane) return
    const partitions = moved.map(({ place, watermark }) => ({ partition: place.partition, offset: `${watermark}` }))
    await lane.commitOffsetsIfNecessary({ topics: [{ topic: this.#kafkaTopic, partitions }] })
    for (const { place, watermark } of moved) if (owned.has(place)) this.#committed.set(place, watermark)
  }
}
