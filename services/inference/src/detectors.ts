import type { DetectorRef, QuestionShard } from '@fanlight/contracts'
import { InputError, type Store } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

const MAX_KNOWN = 256

/** What the shards' detectors are: looked up once each, because what an id stands for never changes. */
export class Detectors {
  readonly #store: Pick<Store, 'getDetector'>
  readonly #known = new LRUCache<string, DetectorRef>({ max: MAX_KNOWN })

  constructor(store: Pick<Store, 'getDetector'>) {
    this.#store = store
  }

  /**
   * @returns with its file where the shard says that it is
   * @throws InputError `MODEL_NOT_FOUND` when it was never registered
   */
  async refOf({ project, detector: { id, uri } }: Pick<QuestionShard, 'project' | 'detector'>): Promise<DetectorRef> {
    const key = `${project}/${id}`
    const known = this.#known.get(key) ?? (await this.#store.getDetector(project, id))
    if (!known) throw new InputError('MODEL_NOT_FOUND', `project ${project} has no detector ${id}: register it first`)
    this.#known.set(key, known)
    return { ...known, uri }
  }
}
