import type { QuestionShard } from '@fanlight/contracts'
import { type Model, TransientError } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

const MAX_PASSED = 10_000

/**
 * Shards go to workers that hold their detector: a worker whose places are all taken by other detectors passes a shard
 * on, once, to be delivered again to whoever is free by then. If that is this worker once more, it makes room. So many
 * detectors settle on many workers whatever carries the bus; Kafka's partitions only help (decision 13). Shards that
 * somebody waits for are never passed on.
 */
export class Manners {
  readonly #model: Pick<Model, 'hasPlaceFor'>
  readonly #passed = new LRUCache<string, true>({ max: MAX_PASSED })

  constructor(model: Pick<Model, 'hasPlaceFor'>) {
    this.#model = model
  }

  /** @throws TransientError `WORKER_OCCUPIED`: no attempt is counted */
  passOn({ lane, detector, explanation, ordinal, shard }: QuestionShard): void {
    if (lane === 'live' || this.#model.hasPlaceFor(detector.id)) return
    const key = `${explanation}/${ordinal}/${shard}`
    if (this.#passed.delete(key)) return
    this.#passed.set(key, true)
    throw new TransientError(
      'WORKER_OCCUPIED',
      `every session holds another detector than ${detector.id}: passed on once`,
    )
  }
}
