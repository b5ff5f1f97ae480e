// Attributions become counted rows and aggregates: `attributions.made` in.

import { openArtifacts, openBus, openStore } from '@fanlight/drivers'
import { instrumentedBus, runService, storeReady } from '@fanlight/service-kit/run'
import { startAggregator } from './aggregator.ts'
import { variables } from './config.ts'

await runService('aggregator', variables, async ({ config, resources, ...watch }) => {
  const bus = resources.use(instrumentedBus(await openBus(config), watch))
  const store = resources.use(await openStore(config))
  const artifacts = resources.use(await openArtifacts(config))
  resources.use(await startAggregator({ bus, store, artifacts }))
  return { store: storeReady(store) }
})
