import type { ArtifactStore, Bus, ImageSource, Store } from '@fanlight/ports'
import type { Logger } from '@fanlight/service-kit'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { dashboard } from './dashboard.ts'
import { itemViews } from './item-views.ts'
import { watchJobs } from './job-watch.ts'
import { photoCache, type Render } from './photo-cache.ts'
import { answerError, answerUnknownRoute } from './problem.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { itemRoutes } from './routes/items.ts'
import { jobRoutes } from './routes/jobs.ts'
import { mapRoutes } from './routes/maps.ts'
import { photoRoutes } from './routes/photos.ts'
import { guardBrowsers } from './safety.ts'

export interface GatewayOptions {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly images: ImageSource
  readonly bus: Bus
  /** Whose jobs are shown. */
  readonly project: string
  /** The folder of the built dashboard; without it, pages say how to build it. */
  readonly webRoot: string | undefined
  /** Photos are decoded and written anew before anybody sees them: their own bytes are never served. */
  readonly render: Render
  readonly logger: Logger
  /** Host names by which it may be addressed, beside the loopback ones; no port. */
  readonly allowedHosts?: readonly string[]
  /** Reads that one address may make in a minute; a tenth of it for changes. @default 3000 */
  readonly requestsPerMinute?: number
}

/** What routes share. */
export interface GatewayContext extends GatewayOptions {
  readonly photos: ReturnType<typeof photoCache>
  readonly views: ReturnType<typeof itemViews>
  readonly watch: ReturnType<typeof watchJobs>
}

/**
 * The HTTP API (OpenAPI 3.1 under /v1/openapi.json) and the dashboard. It listens to nothing yet: see `startGateway`.
 * Closing it ends its event streams and its subscription; the ports stay open, they are the caller's.
 */
export function createGateway(options: GatewayOptions): FastifyInstance {
  const app = fastify({ bodyLimit: 16 * 1024, forceCloseConnections: true, routerOptions: { maxParamLength: 256 } })
  const context: GatewayContext = {
    ...options,
    photos: photoCache(options),
    views: itemViews(options),
    watch: watchJobs(options),
  }
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerError(options.logger))
  app.setNotFoundHandler(answerUnknownRoute)
  app.addHook('onReady', () => context.watch.open())
  app.addHook('onClose', () => context.watch.close())
  app.register(guardBrowsers, { allowedHosts: options.allowedHosts ?? [] })
  app.register(rateLimit, { max: options.requestsPerMinute ?? 3000, timeWindow: 60_000 })
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Fanlight', description: 'Explanations of object detectors', version: '1' },
    },
    transform: jsonSchemaTransform,
  })
  // Inside a plugin, so that the ones above have seen to it that every route is limited and described.
  app.register(async (api) => {
    for (const routes of [jobRoutes, itemRoutes, photoRoutes, mapRoutes, eventRoutes]) {
      await api.register(routes, { prefix: '/v1', context })
    }
    await api.register(healthRoutes, { context })
    api.get('/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())
    await api.register(dashboard, { webRoot: options.webRoot })
  })
  return app
}
