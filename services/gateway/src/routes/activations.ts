import { Sha256 } from '@fanlight/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { activations, targetOf } from '../inside-looks.ts'
import { ActivationsReply, LookProgressView } from '../inside-views.ts'
import { HttpProblem, problems } from '../problem.ts'
import { registeredDetector } from '../registered-detector.ts'
import { noItem } from './items.ts'
import { Headers, Layer, MinScore, patience, told } from './looking.ts'
import { Id } from './paging.ts'

const params = z.object({ id: Id })

/** What goes on inside of a detector while it reads a photo. */
export const activationRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, project } = context

  app.get(
    '/detectors/:id/activations',
    {
      schema: {
        summary: 'What the channels of a layer and the activation functions make of a photo of a job',
        params,
        headers: Headers,
        querystring: z.object({
          job: Id,
          item: Id,
          target: Sha256.optional().describe('id of a target that was explained in the photo'),
          detection: z.coerce.number().int().min(1).max(100).optional().describe('or a detection, the surest being 1'),
          layer: Layer,
          minScore: MinScore,
        }),
        response: { 200: ActivationsReply, 202: LookProgressView, ...problems },
      },
    },
    async (request, reply) => {
      const { job, item, target, ...asked } = request.query
      const detector = await registeredDetector(context, request.params.id)
      const { image, failure } = (await store.getItem(project, job, item)) ?? noItem(job, item)
      if (!image) throw new HttpProblem(404, failure?.message ?? 'This photo could not be read')
      const meant = target === undefined ? undefined : await targetOf(context, { job, item, target })
      const whole = { ...asked, detector, image, target: meant }
      const key = JSON.stringify(['activations', detector.id, image.sha256, meant, asked])
      const answer = await context.looks.ask(key, patience(request, reply), (looking) =>
        activations(context, whole, looking),
      )
      return told(reply, answer)
    },
  )
}
