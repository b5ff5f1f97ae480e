import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { HttpProblem, problems } from '../problem.ts'
import { noItem } from './items.ts'
import { Id } from './paging.ts'

// A few sizes, so that asking for all of them fills no cache.
const SIDES = ['320', '640', '1280', '2048'] as const

export const photoRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, project, photos } = context

  app.get(
    '/jobs/:job/items/:item/image',
    {
      schema: {
        summary: 'The photo, upright and encoded anew, at most `side` pixels on its longer side',
        params: z.object({ job: Id, item: Id }),
        querystring: z.object({ side: z.enum(SIDES).default('1280') }),
        response: {
          200: { description: 'JPEG, PNG or WebP', content: { 'image/*': { schema: z.any() } } },
          304: z.undefined().describe('The photo that is known already'),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { job, item } = request.params
      const row = (await store.getItem(project, job, item)) ?? noItem(job, item)
      if (!row.image) throw new HttpProblem(404, row.failure?.message ?? 'This photo could not be read')
      const etag = `"${row.image.sha256}-${request.query.side}"`
      // Asked for again each time, so that a photo that was forgotten is gone from here at once.
      reply.headers({ etag, 'cache-control': 'private, no-cache' })
      if (request.headers['if-none-match'] === etag) return reply.status(304).send()
      const { type, bytes } = await photos.get(row.image, Number(request.query.side))
      return reply.type(type).send(Buffer.from(bytes))
    },
  )
}
