import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

// No NUL: PostgreSQL has no text that holds one.
const Cursor = z
  .base64url()
  .max(20_000)
  .transform((text) => Buffer.from(text, 'base64url').toString('utf8'))
  .refine((after) => !after.includes('\0'), 'is not a cursor of this API')

export const PageQuery = z.object({
  /** `next` of the page before. */
  cursor: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** A path's id. */
export const Id = z.string().regex(/^[\w.:-]{1,128}$/)

/** The cursor as it travels, and the header that says the same (RFC 8288). */
export function announceNext(request: FastifyRequest, reply: FastifyReply, next: string | undefined): string | null {
  if (next === undefined) return null
  const cursor = Buffer.from(next).toString('base64url')
  const url = new URL(request.url, 'http://localhost')
  url.searchParams.set('cursor', cursor)
  reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  return cursor
}
