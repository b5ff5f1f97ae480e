import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { GatewayContext } from '../gateway.ts'
import { problems } from '../problem.ts'

const Health = z.object({ status: z.literal('ok') })

export const healthRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const schema = { response: { 200: Health, ...problems } }
  const config = { rateLimit: false as const }

  app.get('/livez', { config, schema: { summary: 'Whether the process serves', ...schema } }, async () => ({
    status: 'ok' as const,
  }))

  app.get('/readyz', { config, schema: { summary: 'Whether its store answers', ...schema } }, async () => {
    await context.store.listJobs(context.project, { limit: 1 })
    return { status: 'ok' as const }
  })
}
