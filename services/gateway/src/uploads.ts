import type { FastifyError, FastifyInstance } from 'fastify'
import { HttpProblem } from './problem.ts'
import { noImage, tooLarge } from './refusals.ts'
import { uploadRoom } from './upload-room.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives back what an upload held, before its answer is given. */
    leaveUploads?: () => void
  }
}

/** What a form has beside its image. */
const FORM_BYTES = 64 * 1024
const LEAST_ROOM_BYTES = 512 * 2 ** 20

/** Images as bodies, each no larger than that, and no more at a time than the memory of a server bears. */
export function takeUploads(app: FastifyInstance, maxImageBytes: number): void {
  const room = uploadRoom(Math.max(LEAST_ROOM_BYTES, 2 * maxImageBytes))
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer', bodyLimit: maxImageBytes }, (_request, bytes, done) =>
    done(null, bytes),
  )

  app.addHook('preParsing', async (request, reply) => {
    if (!/^(multipart|image)\//i.test(request.headers['content-type'] ?? '')) return
    const told = request.headers['content-length']
    if (told !== undefined && Number(told) > maxImageBytes + FORM_BYTES) throw tooLarge(maxImageBytes)
    const leave = room.take(told === undefined ? maxImageBytes : Number(told))
    if (!leave)
      throw new HttpProblem(429, 'Too many images are on their way at a time', { headers: { 'retry-after': '2' } })
    request.leaveUploads = leave
    reply.raw.once('close', leave)
  })

  app.setErrorHandler((error: FastifyError) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') throw tooLarge(maxImageBytes)
    throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? noImage() : error
  })
}
