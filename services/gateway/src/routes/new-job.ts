import { hashOf, JobSource, type JobSpec, JobSummary } from '@fanlight/contracts'
import { sendOutbox } from '@fanlight/service-kit'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Ask, deadlineMs, specOf } from '../ask.ts'
import type { GatewayContext } from '../gateway.ts'
import { checkPlace } from '../located-image.ts'
import { problems } from '../problem.ts'
import { registeredDetector } from '../registered-detector.ts'
import { noJob } from './jobs.ts'

const NewJobAsk = Ask.extend({
  source: JobSource.shape.uri.meta({ description: 's3://bucket/prefix/' }),
  maxPhotos: z.int().min(1).optional().meta({ description: 'The first so many of the source' }),
  budget: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'What has not begun when so many forwards were spent is cancelled' }),
  name: z.string().max(200).optional(),
  deadlineMs: deadlineMs.optional(),
})

export const newJobRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, bus, project, watch, allowFiles, changes } = context

  /** The same request over the same source is the same job, unless that was cancelled. */
  async function jobIdFor(spec: JobSpec, source: JobSource): Promise<string> {
    const { detector, methods, policy, seed, nonce = null, budget = null } = spec
    for (let turn = 1; ; turn++) {
      const id = hashOf(['source job', detector.id, methods, policy, seed, nonce, budget, source, turn]).slice(0, 16)
      if ((await store.getJob(project, id))?.state !== 'cancelled') return id
    }
  }

  app.post(
    '/jobs',
    {
      config: { rateLimit: changes },
      schema: {
        summary: 'Leaves a job over all photos of a source to whoever works on jobs, as "fanlight jobs start" does',
        body: NewJobAsk,
        response: { 202: JobSummary, ...problems },
      },
    },
    async ({ body }, reply) => {
      const { source: uri, maxPhotos, budget: forwards, name, deadlineMs, ...ask } = body
      checkPlace(uri, allowFiles)
      const detector = await registeredDetector(context, ask.detector)
      const plain = specOf(ask, detector, 'bulk')
      const spec: JobSpec = { ...plain, ...(forwards !== undefined && { budget: { forwards } }) }
      const source: JobSource = { uri, ...(maxPhotos !== undefined && { maxPhotos }) }
      const id = await jobIdFor(spec, source)
      const job = { project, id, name: (name ?? `${detector.name} on ${uri}`).slice(0, 200), spec, source }
      await sendOutbox({ bus, store }, await store.createJob({ ...job, deadlineMs }))
      watch.ring(id)
      const summary = (await store.getJob(project, id)) ?? noJob(id)
      return reply.status(202).header('location', `/v1/jobs/${id}`).send(summary)
    },
  )
}
