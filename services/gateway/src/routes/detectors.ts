import type { DetectorRef } from '@fanlight/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { GatewayContext } from '../gateway.ts'
import { DetectorList, type DetectorView } from '../operation-views.ts'
import { problems } from '../problem.ts'
import { announceNext, PageQuery } from './paging.ts'

export const detectorRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  app.get(
    '/detectors',
    {
      schema: {
        summary: 'Detectors that may be asked, by name',
        querystring: PageQuery,
        response: { 200: DetectorList, ...problems },
      },
    },
    async (request, reply) => {
      const { cursor: after, limit } = request.query
      const { rows, next } = await context.store.listDetectors(context.project, { after, limit })
      return { detectors: rows.map(viewOf), next: announceNext(request, reply, next) }
    },
  )
}

/** Without its place: it may be a path of the machine that registered it. */
function viewOf({ id, name, sha256, descriptor }: DetectorRef): DetectorView {
  const { family, width, height, classNames } = descriptor
  return { id, name, sha256, family, width, height, classes: classNames.length }
}
