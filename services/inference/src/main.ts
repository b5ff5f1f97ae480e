// Question shards become answers: `questions.live` and `questions.bulk` in, `answers` out.

import { derivedModels, requireProvider, sessionModel } from '@fanlight/detector'
import { modelFiles, openArtifacts, openBus, openImages, openStore } from '@fanlight/drivers'
import { limitsOf } from '@fanlight/service-kit/limits'
import { instrumentedBus, runService, storeReady } from '@fanlight/service-kit/run'
import { variables } from './config.ts'
import { startInference } from './inference.ts'

await runService('inference', variables, async ({ config, resources, ...watch }) => {
  const limits = limitsOf(config)
  // Before any shard is taken: each would fail for good.
  await requireProvider(config.FANLIGHT_PROVIDER, limits)
  const bus = resources.use(instrumentedBus(await openBus(config), watch))
  const store = resources.use(await openStore(config))
  const artifacts = resources.use(await openArtifacts(config))
  const onTrouble = (error: unknown) => watch.logger.warn({ error: String(error) }, 'network not kept')
  const model = resources.use(
    sessionModel({
      ...limits,
      provider: config.FANLIGHT_PROVIDER,
      workers: config.FANLIGHT_WORKERS,
      sessions: config.FANLIGHT_SESSIONS,
      images: openImages(config, { artifacts, maxBytes: limits.maxImageBytes }),
      modelFiles: modelFiles({ artifacts, folder: config.FANLIGHT_SCRATCH }),
      derived: derivedModels({ store, artifacts, onTrouble }),
    }),
  )
  resources.use(await startInference({ bus, store, model, logger: watch.logger }))
  return { store: storeReady(store) }
})
