import type { QuestionShard } from '@fanlight/contracts'
import { type Bus, type Delivery, type Model, TransientError } from '@fanlight/ports'

/**
 * Shards go to workers that hold their detector: a worker whose sessions all belong to other detectors gives a shard
 * back the first time that anybody is given it, for whoever is free then. The second time it makes room. Not where the
 * bus would give it to the same worker again, and not what somebody waits for (decision 13).
 * @throws TransientError `WORKER_OCCUPIED`: no attempt of the shard
 */
export function giveBackIfOccupied(
  { bus, model }: { readonly bus: Bus; readonly model: Model },
  { lane, detector: { id } }: QuestionShard,
  { deliveries }: Delivery,
): void {
  if (lane === 'live' || deliveries > 1 || !bus.supports.redistributes || model.hasPlaceFor(id)) return
  throw new TransientError('WORKER_OCCUPIED', `every session here holds another detector than ${id}: given back once`)
}
