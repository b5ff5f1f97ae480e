import { Sha256 } from '@fanlight/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { typeOf } from '../photo-cache.ts'
import { HttpProblem, problems } from '../problem.ts'

/** What was drawn of looks into networks. */
export const pictureRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  app.get(
    '/pictures/:name',
    {
      schema: {
        summary: 'A picture that activations, channels or a dream name, for some minutes',
        params: z.object({ name: Sha256 }),
        response: { 200: { content: { 'image/*': { schema: z.any() } } }, ...problems },
      },
    },
    async ({ params: { name } }, reply) => {
      const picture = context.looks.picture(name)
      if (!picture) throw new HttpProblem(404, 'This picture is kept no longer: ask for what named it again')
      reply.header('cache-control', 'private, no-store')
      return reply.type(typeOf(picture)).send(Buffer.from(picture))
    },
  )
}
