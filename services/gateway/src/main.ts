// The HTTP API and the dashboard.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openArtifacts, openBus, openImages, openLocator, openStore } from '@fanlight/drivers'
import { startInsideViewer, startInspector } from '@fanlight/inspect'
import { startRenderer } from '@fanlight/render'
import { imageLimitsOf } from '@fanlight/service-kit/limits'
import { instrumentedBus, runService, storeReady } from '@fanlight/service-kit/run'
import { variables } from './config.ts'
import { startGateway } from './start.ts'

await runService('gateway', variables, async ({ config, resources, ...watch }) => {
  const limits = imageLimitsOf(config)
  const bus = resources.use(instrumentedBus(await openBus(config), watch))
  const store = resources.use(await openStore(config))
  const artifacts = resources.use(await openArtifacts(config))
  const render = resources.use(startRenderer({ limits, children: 2 }))
  const { loadTimeoutMs, decodeLimits } = limits
  const inspect = resources.use(startInspector({ loadTimeoutMs }))
  const inside = resources.use(startInsideViewer({ loadTimeoutMs, decodeLimits, maxResidentBytes: 2 * 2 ** 30 }))
  const built = fileURLToPath(new URL('../dist/', import.meta.url))
  const gateway = await startGateway({
    store,
    artifacts,
    bus,
    images: openImages(config, { artifacts, maxBytes: limits.maxImageBytes }),
    project: config.FANLIGHT_PROJECT,
    webRoot: existsSync(built) ? built : undefined,
    render,
    inspect,
    inside,
    logger: watch.logger,
    host: config.FANLIGHT_HOST,
    port: config.FANLIGHT_PORT,
    allowedHosts: config.FANLIGHT_ALLOWED_HOSTS,
    maxImageBytes: limits.maxImageBytes,
    maxWaitingLive: config.FANLIGHT_MAX_WAITING_LIVE,
    locate: openLocator(config, { maxBytes: limits.maxImageBytes }),
    allowFiles: config.FANLIGHT_ALLOW_FILES,
  })
  resources.defer(gateway.close)
  watch.logger.info({ url: gateway.url }, 'serving')
  return { store: storeReady(store) }
})
