import { createSession } from 'better-sse'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { HttpProblem, problems } from '../problem.ts'
import { noJob } from './jobs.ts'
import { Id } from './paging.ts'

const MAX_STREAMS = 200

export const eventRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context: { watch } }) => {
  app.get(
    '/jobs/:job/events',
    {
      schema: {
        summary: 'Server-sent events: `progress` with a JobProgress whenever the job has moved',
        params: z.object({ job: Id }),
        response: {
          200: { description: 'An event stream', content: { 'text/event-stream': { schema: z.any() } } },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { job } = request.params
      // From before the first wait: who leaves meanwhile must not be watched for.
      let stop: (() => void) | undefined
      reply.raw.once('close', () => stop?.())
      const now = (await watch.read(job)) ?? noJob(job)
      if (watch.count() >= MAX_STREAMS) throw new HttpProblem(503, `${MAX_STREAMS} streams are open: close a page`)
      reply.hijack()
      if (reply.raw.destroyed) return
      const session = await createSession(request.raw, reply.raw)
      if (reply.raw.destroyed) return
      // An event's id names the state it told of, so whoever comes back hears only what has changed meanwhile.
      if (session.lastId !== now.id) session.push(now.job, 'progress', now.id)
      stop = watch.watch(job, now, ({ id, job }) => session.push(job, 'progress', id))
    },
  )
}
