import type { DetectorRef, QuestionShard } from '@fanlight/contracts'
import { InputError, type Store } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

/** Of all detectors that are kept in mind together. */
const MAX_CLASS_NAMES = 200_000

/** What the shards' detectors are: looked up once each, because what an id stands for never changes. */
export class Detectors {
  readonly #store: Pick<Store, 'getDetector'>
  readonly #known = new LRUCache<string, DetectorRef>({ maxSize: MAX_CLASS_NAMES })

  constructor(store: Pick<Store, 'getDetector'>) {
    this.#store = store
  }

  /**
   * @returns with its file where the shard says that it is
   * @throws InputError `MODEL_NOT_FOUND` when it was never registered
   */
  async refOf({ project, detector: { id, uri } }: Pick<QuestionShard, 'project' | 'detector'>): Promise<DetectorRef> {
    return { ...(this.#known.get(`${project}/${id}`) ?? (await this.#lookUp(project, id))), uri }
  }

  async #lookUp(project: string, id: string): Promise<DetectorRef> {
    const found = await this.#store.getDetector(project, id)
    if (!found) throw new InputError('MODEL_NOT_FOUND', `project ${project} has no detector ${id}: register it first`)
    this.#known.set(`${project}/${id}`, found, { size: found.descriptor.classNames.length + 1 })
    return found
  }
}
