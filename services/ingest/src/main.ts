// Folders and prefixes become items: `sources.ready` in, `items.ready` out.

import { openBus, openSources, openStore } from '@fanlight/drivers'
import { systemClock } from '@fanlight/ports'
import { instrumentedBus, runService, storeReady } from '@fanlight/service-kit/run'
import { variables } from './config.ts'
import { startSources } from './sources.ts'

await runService('ingest', variables, async ({ config, resources, ...watch }) => {
  const bus = resources.use(instrumentedBus(await openBus(config), watch))
  const store = resources.use(await openStore(config))
  const photos = openSources(config, { maxBytes: config.FANLIGHT_MAX_IMAGE_BYTES })
  const ports = { bus, store, photos, clock: systemClock, logger: watch.logger }
  resources.use(await startSources(ports, { concurrency: config.FANLIGHT_SOURCES }))
  return { store: storeReady(store) }
})
