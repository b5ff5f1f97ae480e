import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { LookAnswer, Patience } from '../looks.ts'
import { waitOf } from '../prefer.ts'

export const Headers = z.object({
  prefer: z.string().optional().meta({ description: '`wait=N`: the answer may take up to N seconds, 30 at most' }),
})
export const MinScore = z.coerce.number().min(0).max(1).default(0.3).describe('detections from this score on')
export const Layer = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .describe('a layer or a value; by default the maps that the heads read')

export function patience({ headers }: FastifyRequest, { raw }: FastifyReply): Patience {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return { seconds: waitOf(headers.prefer?.toString()), gone: gone.signal }
}

/** What was seen; or 202 and how far it is. */
export function told<View>(reply: FastifyReply, { view, progress }: LookAnswer<View>) {
  // Photos may be forgotten at any time.
  reply.header('cache-control', 'private, no-store')
  if (!progress) return reply.send(view)
  return reply.status(202).header('retry-after', '1').send(progress)
}
