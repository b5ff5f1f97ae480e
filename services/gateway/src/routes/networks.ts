import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { KernelsView, NetworkView } from '../network-views.ts'
import { problems } from '../problem.ts'
import { registeredDetector } from '../registered-detector.ts'
import { Id } from './paging.ts'

/** A file never changes under its detector's id; how it is shown may, with another version. */
const CACHED = 'private, max-age=3600'

/** What is inside of a detector. */
export const networkRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const params = z.object({ id: Id })

  app.get(
    '/detectors/:id/network',
    {
      schema: {
        summary: 'Layers, cost and weights of a detector, by its id or name',
        params,
        response: { 200: NetworkView, ...problems },
      },
    },
    async ({ params: { id } }, reply) => {
      const detector = await registeredDetector(context, id)
      const { summary, weights, sha256, bytes, notRun } = await context.networks.network(detector)
      const { family, width, height, preprocess, classNames } = detector.descriptor
      reply.header('cache-control', CACHED)
      return {
        id: detector.id,
        name: detector.name,
        sha256,
        bytes,
        family,
        width,
        height,
        channels: preprocess.channels,
        classNames,
        notRun,
        summary,
        weights,
      } as NetworkView
    },
  )

  app.get(
    '/detectors/:id/kernels',
    {
      schema: {
        summary: 'Kernels of a layer as a picture: the first layer in colours, others red above zero and blue below',
        params,
        querystring: z.object({
          layer: z.string().max(1000).describe('its name, or that of its output'),
          scale: z.enum(['layer', 'filter']).default('filter').describe('one for all, or for each filter its own'),
          format: z.enum(['png', 'json']).default('png').describe('the picture, or what it shows'),
        }),
        response: {
          200: { content: { 'image/png': { schema: z.any() }, 'application/json': { schema: KernelsView } } },
          ...problems,
        },
      },
    },
    async ({ params: { id }, query: { format, ...asked } }, reply) => {
      const detector = await registeredDetector(context, id)
      const { png, ...shown } = await context.networks.kernels(detector, asked)
      reply.header('cache-control', CACHED)
      if (format === 'json') return reply.type('application/json').send(shown)
      return reply.type('image/png').send(Buffer.from(png))
    },
  )
}
