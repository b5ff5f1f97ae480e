import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { channels, photosOf } from '../inside-looks.ts'
import { ChannelsReply, LookProgressView } from '../inside-views.ts'
import { HttpProblem, problems } from '../problem.ts'
import { registeredDetector } from '../registered-detector.ts'
import { noJob } from './jobs.ts'
import { Headers, Layer, MinScore, patience, told } from './looking.ts'
import { Id } from './paging.ts'

const MAX_PHOTOS = 50
const params = z.object({ id: Id })

/** What the channels of a detector say over the photos of a job. */
export const channelRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, project } = context

  app.get(
    '/detectors/:id/channels',
    {
      schema: {
        summary: 'Which channels of a layer drive which class, over the first photos of a job',
        params,
        headers: Headers,
        querystring: z.object({
          job: Id,
          photos: z.coerce.number().int().min(1).max(MAX_PHOTOS).default(20),
          class: z.coerce.number().int().min(0).max(100_000).optional().describe('only detections of this class'),
          layer: Layer,
          minScore: MinScore,
        }),
        response: { 200: ChannelsReply, 202: LookProgressView, ...problems },
      },
    },
    async (request, reply) => {
      const { job, photos: most, ...asked } = request.query
      const detector = await registeredDetector(context, request.params.id)
      const photos = await photosOf(context, job, most)
      if (photos.length === 0) {
        if (!(await store.getJob(project, job))) noJob(job)
        throw new HttpProblem(404, `Job ${job} has no photo that can be read`)
      }
      const key = JSON.stringify(['channels', detector.id, photos.map(({ id }) => id), asked])
      const whole = { ...asked, detector, photos }
      const answer = await context.looks.ask(key, patience(request, reply), (looking) =>
        channels(context, whole, looking),
      )
      return told(reply, answer)
    },
  )
}
