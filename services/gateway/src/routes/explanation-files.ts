import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { problems } from '../problem.ts'
import { Id } from './paging.ts'

/** What an explanation leaves beside its numbers. */
export const explanationFileRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { live } = context
  const params = z.object({ id: Id })

  app.get(
    '/explanations/:id/transcripts/:sha256',
    {
      schema: {
        summary: 'All that the network answered, as JSON in Zstandard, from which the maps follow',
        params: params.extend({ sha256: Id }),
        response: {
          200: { description: 'Zstandard', content: { 'application/zstd': { schema: z.any() } } },
          ...problems,
        },
      },
    },
    async ({ params: { id, sha256 } }, reply) => {
      const bytes = await live.transcript(id, sha256)
      reply.headers({ 'content-disposition': `attachment; filename="transcript-${sha256.slice(0, 12)}.json.zst"` })
      return reply.type('application/zstd').send(Buffer.from(bytes))
    },
  )

  app.get(
    '/explanations/:id/overlays/:explanation/:target',
    {
      schema: {
        summary: 'The map of the how-manieth target, drawn over the photo',
        params: params.extend({ explanation: Id, target: z.coerce.number().int().min(1).max(1000) }),
        response: { 200: { description: 'PNG', content: { 'image/png': { schema: z.any() } } }, ...problems },
      },
    },
    async ({ params: { id, explanation, target } }, reply) => {
      const png = await live.overlay(id, explanation, target)
      return reply.header('cache-control', 'private, no-cache').type('image/png').send(Buffer.from(png))
    },
  )
}
