import { Sha256 } from '@fanlight/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { HttpProblem, problems } from '../problem.ts'

const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1')

export const mapRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  app.get(
    '/maps/:sha256',
    {
      schema: {
        summary:
          'A map as NPY, or half the widths of its intervals: float32 [h, w] over the whole photo, row 0 at the top',
        params: z.object({ sha256: Sha256 }),
        response: {
          200: { description: 'NPY', content: { 'application/octet-stream': { schema: z.any() } } },
          ...problems,
        },
      },
    },
    async ({ params: { sha256 } }, reply) => {
      const bytes = Buffer.from(await context.artifacts.get(sha256))
      // Transcripts live in the same store and are nobody's picture.
      if (!bytes.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC))
        throw new HttpProblem(404, `There is no map ${sha256}`)
      reply.headers({
        'cache-control': 'private, max-age=31536000, immutable',
        'content-disposition': `attachment; filename="map-${sha256.slice(0, 12)}.npy"`,
      })
      return reply.type('application/octet-stream').send(bytes)
    },
  )
}
