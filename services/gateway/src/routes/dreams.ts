import type { DreamAim } from '@fanlight/inspect'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { dream } from '../inside-looks.ts'
import { DreamReply, LookProgressView } from '../inside-views.ts'
import { HttpProblem, problems } from '../problem.ts'
import { registeredDetector } from '../registered-detector.ts'
import { Headers, Layer, patience, told } from './looking.ts'
import { Id } from './paging.ts'

const MAX_STEPS = 512
const params = z.object({ id: Id })

/** What a detector dreams of. */
export const dreamRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  app.get(
    '/detectors/:id/dream',
    {
      schema: {
        summary: 'The picture at which a class or a channel rises, and the way there',
        params,
        headers: Headers,
        querystring: z.object({
          class: z.coerce.number().int().min(0).max(100_000).optional().describe('number of a class'),
          layer: Layer.describe('or a layer, with one of its channels'),
          channel: z.coerce.number().int().min(0).max(1_000_000).default(0),
          steps: z.coerce.number().int().min(1).max(MAX_STEPS).default(128),
          seed: z.coerce
            .number()
            .int()
            .min(0)
            .max(2 ** 31)
            .default(0),
        }),
        response: { 200: DreamReply, 202: LookProgressView, ...problems },
      },
    },
    async (request, reply) => {
      const { class: classNumber, layer, channel, steps, seed } = request.query
      if ((classNumber === undefined) === (layer === undefined)) {
        throw new HttpProblem(400, 'Say what to raise: either a class, or a layer and one of its channels')
      }
      const detector = await registeredDetector(context, request.params.id)
      const aim: DreamAim =
        layer === undefined ? { kind: 'class', class: classNumber! } : { kind: 'channel', layer, channel }
      const asked = { aim, steps, seed }
      const key = JSON.stringify(['dream', detector.id, asked])
      const answer = await context.looks.ask(key, patience(request, reply), (looking) =>
        dream(context, { ...asked, detector }, looking),
      )
      return told(reply, answer)
    },
  )
}
