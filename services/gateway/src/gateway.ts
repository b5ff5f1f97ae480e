import type { ImageRef } from '@fanlight/contracts'
import type { InsideViewer } from '@fanlight/inspect'
import type { ArtifactStore, Bus, ImageSource, Store } from '@fanlight/ports'
import type { Logger } from '@fanlight/service-kit'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { comparisons } from './comparisons.ts'
import { dashboard } from './dashboard.ts'
import { itemViews } from './item-views.ts'
import { watchJobs } from './job-watch.ts'
import { liveReader } from './live-reader.ts'
import { looks } from './looks.ts'
import { type Inspect, networkCache } from './network-cache.ts'
import { describeRoute } from './openapi.ts'
import { pace } from './pace.ts'
import { photoCache, type Render } from './photo-cache.ts'
import { answerError, answerUnknownRoute } from './problem.ts'
import { BODY_BYTES } from './refusals.ts'
import { activationRoutes } from './routes/activations.ts'
import { channelRoutes } from './routes/channels.ts'
import { comparisonRoutes } from './routes/comparisons.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { detectorRoutes } from './routes/detectors.ts'
import { dreamRoutes } from './routes/dreams.ts'
import { eventRoutes } from './routes/events.ts'
import { explanationFileRoutes } from './routes/explanation-files.ts'
import { explanationRoutes } from './routes/explanations.ts'
import { healthRoutes } from './routes/health.ts'
import { itemRoutes } from './routes/items.ts'
import { jobRoutes } from './routes/jobs.ts'
import { mapRoutes } from './routes/maps.ts'
import { networkRoutes } from './routes/networks.ts'
import { newJobRoutes } from './routes/new-job.ts'
import { photoRoutes } from './routes/photos.ts'
import { pictureRoutes } from './routes/pictures.ts'
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
  /** Looks into the ONNX files of detectors; without it, their insides are not shown. */
  readonly inspect?: Inspect
  /** Looks into detectors while they read photos; without it, that is not shown. */
  readonly inside?: InsideViewer
  readonly logger: Logger
  /** Host names by which it may be addressed, beside the loopback ones; no port. */
  readonly allowedHosts?: readonly string[]
  /** Reads that one address may make in a minute; a tenth of it for changes. @default 3000 */
  readonly requestsPerMinute?: number
  /** Of an image that comes along. @default 128 MiB */
  readonly maxImageBytes?: number
  /** Live explanations that may wait before further ones are refused. @default 100 */
  readonly maxWaitingLive?: number
  /** Hashes the image that lies at a URI. Without it, who asks tells hash and size. */
  readonly locate?: (uri: string) => Promise<ImageRef>
  /** Whether those who ask may name files of this machine. @default false */
  readonly allowFiles?: boolean
}

/** What routes share. */
export interface GatewayContext extends GatewayOptions {
  readonly maxImageBytes: number
  readonly maxWaitingLive: number
  readonly allowFiles: boolean
  /** How often one address may change something. */
  readonly changes: { readonly max: number; readonly timeWindow: number }
  readonly pace: ReturnType<typeof pace>
  readonly live: ReturnType<typeof liveReader>
  readonly photos: ReturnType<typeof photoCache>
  readonly networks: ReturnType<typeof networkCache>
  readonly looks: ReturnType<typeof looks>
  readonly views: ReturnType<typeof itemViews>
  readonly comparisons: ReturnType<typeof comparisons>
  readonly watch: ReturnType<typeof watchJobs>
}

const MINUTE_MS = 60_000
const REQUESTS_PER_MINUTE = 3000

const v1 = [
  explanationRoutes,
  explanationFileRoutes,
  jobRoutes,
  comparisonRoutes,
  newJobRoutes,
  itemRoutes,
  photoRoutes,
  mapRoutes,
  eventRoutes,
  detectorRoutes,
  networkRoutes,
  activationRoutes,
  channelRoutes,
  dreamRoutes,
  pictureRoutes,
  deadLetterRoutes,
]

/**
 * The HTTP API (OpenAPI 3.1 under /v1/openapi.json) and the dashboard. It listens to nothing yet: see `startGateway`.
 * Closing it ends its event streams and its subscription; the ports stay open, they are the caller's.
 */
export function createGateway(options: GatewayOptions): FastifyInstance {
  const { requestsPerMinute = REQUESTS_PER_MINUTE } = options
  const app = fastify({
    bodyLimit: BODY_BYTES,
    // Of a request until it is whole: nobody holds an upload open for ever.
    requestTimeout: 120_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  })
  const context = contextOf(options)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerError(options.logger))
  app.setNotFoundHandler(answerUnknownRoute)
  app.addHook('onReady', () => context.watch.open())
  app.addHook('onClose', () => context.watch.close())
  app.addHook('onClose', async () => context.looks.close())
  app.register(guardBrowsers, { allowedHosts: options.allowedHosts ?? [] })
  app.register(rateLimit, { max: requestsPerMinute, timeWindow: MINUTE_MS })
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Fanlight', description: 'Explanations of object detectors', version: '1' },
    },
    transform: describeRoute,
  })
  // Inside a plugin, so that the ones above have seen to it that every route is limited and described.
  app.register(async (api) => {
    for (const routes of v1) await api.register(routes, { prefix: '/v1', context })
    await api.register(healthRoutes, { context })
    api.get('/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())
    await api.register(dashboard, { webRoot: options.webRoot })
  })
  return app
}

function contextOf(options: GatewayOptions): GatewayContext {
  const { requestsPerMinute = REQUESTS_PER_MINUTE } = options
  const paced = pace()
  return {
    maxImageBytes: 128 * 2 ** 20,
    maxWaitingLive: 100,
    allowFiles: false,
    ...options,
    changes: { max: Math.ceil(requestsPerMinute / 10), timeWindow: MINUTE_MS },
    photos: photoCache(options),
    networks: networkCache(options),
    looks: looks(),
    views: itemViews(options),
    comparisons: comparisons(options),
    watch: watchJobs(options),
    pace: paced,
    live: liveReader({ ...options, pace: paced }),
  }
}
