import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ComparisonView } from '../comparison-view.ts'
import type { GatewayContext } from '../gateway.ts'
import { problems } from '../problem.ts'
import { noJob } from './jobs.ts'
import { Id } from './paging.ts'

export const comparisonRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, project, comparisons } = context

  app.get(
    '/jobs/:job/comparison',
    {
      schema: {
        summary: 'The methods that a job evaluates, side by side',
        params: z.object({ job: Id }),
        querystring: z.object({
          /** Key of the method that others are compared with; @default the first */
          reference: z.string().max(200).optional(),
        }),
        response: { 200: ComparisonView, ...problems },
      },
    },
    async ({ params: { job }, query: { reference } }) =>
      comparisons.of((await store.getJob(project, job)) ?? noJob(job), reference),
  )
}
