import { JobSummary } from '@fanlight/contracts'
import { LAYOUT, readAggregate } from '@fanlight/insight'
import type { AggregateRow } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { HttpProblem, problems } from '../problem.ts'
import { AggregateList, type AggregateView, JobChange, JobList } from '../views.ts'
import { announceNext, Id, PageQuery } from './paging.ts'

const CHANGES = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const

export const jobRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, bus, project, watch, changes } = context
  const params = z.object({ job: Id })

  app.get(
    '/jobs',
    { schema: { summary: 'Jobs, newest first', querystring: PageQuery, response: { 200: JobList, ...problems } } },
    async (request, reply) => {
      const { cursor, limit } = request.query
      const { rows, next } = await store.listJobs(project, { after: cursor, limit })
      return { jobs: [...rows], next: announceNext(request, reply, next) }
    },
  )

  app.get(
    '/jobs/:job',
    { schema: { summary: 'A job with its progress', params, response: { 200: JobSummary, ...problems } } },
    async ({ params: { job } }) => (await store.getJob(project, job)) ?? noJob(job),
  )

  app.get(
    '/jobs/:job/aggregates',
    { schema: { summary: 'Sums over the targets of a job', params, response: { 200: AggregateList, ...problems } } },
    async ({ params: { job } }) => {
      if (!(await store.getJob(project, job))) noJob(job)
      const rows = await store.listAggregates(project, job)
      return { aggregates: rows.map(viewOf) }
    },
  )

  app.post(
    '/jobs/:job/:change',
    {
      config: { rateLimit: changes },
      schema: {
        summary: 'Pauses, resumes or cancels a job',
        params: params.extend({ change: z.enum(['pause', 'resume', 'cancel']) }),
        response: { 200: JobChange, ...problems },
      },
    },
    async ({ params: { job, change } }) => {
      const { state, ...sends } = await store.changeJob(project, job, change)
      if (!state) noJob(job)
      await sendOutbox({ bus, store }, sends)
      watch.ring(job)
      if (state !== CHANGES[change]) throw new HttpProblem(409, `The job is ${state}: it cannot ${change} any more`)
      return { state }
    },
  )
}

function viewOf({ sums, ...row }: AggregateRow): AggregateView {
  const means = sums.length === LAYOUT.length ? readAggregate(sums, row.targets) : null
  return { ...row, sums: sums.map(String), means }
}

export function noJob(job: string): never {
  throw new HttpProblem(404, `There is no job ${job}; GET /v1/jobs lists those there are`)
}
