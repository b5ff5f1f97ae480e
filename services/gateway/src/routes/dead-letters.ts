import type { DeadLetterRow } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { DeadLetterList, type DeadLetterView, ReplayView } from '../operation-views.ts'
import { HttpProblem, problems } from '../problem.ts'
import { announceNext, Id, PageQuery } from './paging.ts'

export const deadLetterRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { store, bus, project, changes } = context

  app.get(
    '/dead-letters',
    {
      schema: {
        summary: 'Messages that were given up, newest first, without their bodies',
        querystring: PageQuery,
        response: { 200: DeadLetterList, ...problems },
      },
    },
    async (request, reply) => {
      const { cursor: after, limit } = request.query
      const { rows, next } = await store.listDeadLetters({ after, limit }, { project })
      return { letters: rows.map(viewOf), next: announceNext(request, reply, next) }
    },
  )

  app.post(
    '/dead-letters/:id/replay',
    {
      config: { rateLimit: changes },
      schema: {
        summary: 'Has the work of a message done after all',
        params: z.object({ id: Id }),
        response: { 200: ReplayView, ...problems },
      },
    },
    async ({ params: { id } }) => {
      const letter = await store.getDeadLetter(id)
      // Those of other projects, and those that tell none, are for whoever runs the servers.
      if (letter?.project !== project) {
        throw new HttpProblem(404, `There is no dead letter ${id}; GET /v1/dead-letters lists those there are`)
      }
      const replayed = await store.replayDeadLetter(id)
      switch (replayed.replay) {
        case 'publish':
          await bus.publish([replayed.message])
          return { replay: 'published' as const }
        case 'reopened':
          await sendOutbox({ bus, store }, replayed)
          return { replay: 'reopened' as const }
        case 'nothing':
          throw new HttpProblem(409, `There is nothing to do: ${replayed.why}`)
      }
    },
  )
}

function viewOf({ project: _, headers, history, replayedAt, ...letter }: DeadLetterRow): DeadLetterView {
  return { ...letter, headers: { ...headers }, history: [...history], replayedAt: replayedAt ?? null }
}
