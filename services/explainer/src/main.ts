// Items become questions, answers become attributions: the one who decides what happens next.

import { deadTopic, topics } from '@fanlight/contracts'
import { openArtifacts, openBus, openStore } from '@fanlight/drivers'
import { explainerFor } from '@fanlight/explain'
import { systemClock } from '@fanlight/ports'
import { gaugeBacklog, instrumentedBus, runService, storeReady } from '@fanlight/service-kit/run'
import { variables } from './config.ts'
import { startExplainer } from './explainer.ts'

await runService('explainer', variables, async ({ config, resources, instance, ...watch }) => {
  const bus = resources.use(instrumentedBus(await openBus(config), watch))
  const store = resources.use(await openStore(config))
  const artifacts = resources.use(await openArtifacts(config))
  const ports = { bus, store, artifacts, clock: systemClock, logger: watch.logger, explainerFor }
  resources.use(await startExplainer(ports, { owner: instance, maxOpenItems: config.FANLIGHT_MAX_OPEN_ITEMS }))
  // Last: a start that fails is tried again, and a metric has one name.
  gaugeBacklog(
    bus,
    Object.keys(topics).flatMap((topic) => [topic, deadTopic(topic)]),
    watch,
  )
  return { store: storeReady(store) }
})
