import type { AttributionsMade, ExplanationResult } from '@fanlight/contracts'
import { decodeNpy } from '@fanlight/image/npy'
import { countedName, deltasOf } from '@fanlight/insight'
import type { ArtifactStore, Bus, CountedTarget, Store } from '@fanlight/ports'
import { consume } from '@fanlight/service-kit'

export interface AggregatorPorts {
  readonly bus: Bus
  readonly store: Store
  readonly artifacts: ArtifactStore
}

/** Attributions become counted rows and aggregates: `attributions.made` in. */
export function startAggregator(ports: AggregatorPorts): Promise<AsyncDisposable> {
  return consume(ports.bus, { topics: ['attributions.made'], group: 'aggregator' }, (made) => count(ports, made))
}

async function count({ store, artifacts }: AggregatorPorts, made: AttributionsMade): Promise<void> {
  const { project, job, item, explanation } = made
  const ended = await store.getResult(project, explanation)
  // Forgotten in the meantime: then there is nothing to count.
  if (!ended) return
  const targets: CountedTarget[] = []
  for (const record of ended.result.attributions) {
    targets.push({
      target: record.target.id,
      method: countedName(ended.method),
      aggregates: deltasOf(record, await readMap(artifacts, record), ended.result),
    })
  }
  await store.countTargets(project, job, item, explanation, targets)
}

async function readMap(artifacts: ArtifactStore, { map }: ExplanationResult['attributions'][number]) {
  const { data, shape } = decodeNpy(await artifacts.get(map.sha256))
  return { data, height: shape[0]!, width: shape[1]! }
}
