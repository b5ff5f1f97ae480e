import type { ItemExplanation, ItemRow, Store } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'
import type { ItemView } from './views.ts'

type Found = ItemView['found']

/** Items with what was found in them. That of an ended item never changes, so it is asked for once. */
export function itemViews({ store, project }: { store: Store; project: string }) {
  const ended = new LRUCache<string, NonNullable<Found>>({ max: 2000 })

  async function foundIn(item: ItemRow): Promise<Found> {
    if (item.state === 'waiting' || item.state === 'cancelled') return null
    const key = `${item.job} ${item.id}`
    const known = ended.get(key)
    if (known) return known
    const found = foundBy(await store.listExplanations(project, item.job, item.id))
    if (found && item.state === 'done') ended.set(key, found)
    return found
  }

  return {
    async view(item: ItemRow): Promise<ItemView> {
      const { id, name, state, image, failure, slice } = item
      return {
        id,
        name,
        state,
        image: image ? { sha256: image.sha256, bytes: image.bytes } : null,
        failure: failure ?? null,
        slice: { ...slice },
        found: await foundIn(item),
      }
    },
  }
}

/** All methods of an item share its targets, since they share its photo, detector and policy. */
function foundBy(explanations: readonly ItemExplanation[]): Found {
  const result = explanations.find(({ result }) => result)?.result
  if (!result) return null
  const { width, height, targetsCut, attributions } = result
  return { width, height, targetsCut, targets: attributions.map(({ target }) => target) }
}
