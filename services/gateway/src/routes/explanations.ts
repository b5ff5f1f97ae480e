import multipart from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { specOf } from '../ask.ts'
import type { GatewayContext } from '../gateway.ts'
import { liveDesk, type Submission } from '../live-desk.ts'
import { LiveView } from '../live-schema.ts'
import { addressOf, hasEnded } from '../live-views.ts'
import { locatedImage } from '../located-image.ts'
import { jobWaits, waitOf } from '../prefer.ts'
import { HttpProblem, problems } from '../problem.ts'
import { type Received, ReferenceAsk, received, UploadAsk } from '../received.ts'
import { BODY_BYTES } from '../refusals.ts'
import { registeredDetector } from '../registered-detector.ts'
import { takeUploads } from '../uploads.ts'
import { Id } from './paging.ts'

/** Printable, with or without the quotes that the draft standard of this header wants. */
const Key = z.string().regex(/^[\x20-\x7e]{1,255}$/, 'is 1 to 255 printable characters')

const Headers = z.looseObject({
  'idempotency-key': Key.optional().meta({ description: 'The same key and request are worked on once' }),
  prefer: z.string().optional().meta({ description: '`wait=N`: the answer may take up to N seconds, 30 at most' }),
})

/** The same fields for a body that is the image itself: all is text. */
const Query = z.strictObject(
  Object.fromEntries(
    Object.entries(UploadAsk.shape).map(([name, field]) => [
      name,
      z
        .string()
        .optional()
        .meta(field.meta() ?? {}),
    ]),
  ),
)

const binary = z.string().meta({ format: 'binary', description: 'The file' })

export const explanationRoutes: FastifyPluginAsyncZod<{ context: GatewayContext }> = async (app, { context }) => {
  const { watch, live, maxImageBytes, changes } = context
  const desk = liveDesk(context)
  const waits = jobWaits(watch)
  const params = z.object({ id: Id })

  await app.register(multipart, {
    limits: { fileSize: maxImageBytes, files: 1, fields: 32, fieldSize: BODY_BYTES, fieldNameSize: 100, parts: 40 },
  })
  takeUploads(app, maxImageBytes)

  async function answer(id: string, request: FastifyRequest, reply: FastifyReply): Promise<LiveView> {
    const seconds = waitOf(request.headers.prefer?.toString())
    if (await waits.ended(id, seconds, reply)) reply.header('preference-applied', `wait=${seconds}`)
    const view = await live.view(id)
    if (!hasEnded(view)) reply.header('retry-after', String(await live.untilDone(view)))
    return view
  }

  app.post(
    '/explanations',
    {
      config: {
        rateLimit: changes,
        accepts: {
          'application/json': ReferenceAsk,
          'multipart/form-data': UploadAsk.extend({ image: binary }),
          'image/*': binary,
        },
      },
      schema: {
        summary: 'Has one image explained before all other work',
        description:
          'The image comes along, alone or in a form, or is told where it lies. Fields may as well stand in the query, ' +
          'where lists have commas between their words and `params` is JSON. 200 when it is done already.',
        headers: Headers,
        querystring: Query,
        response: { 200: LiveView, 202: LiveView, ...problems },
      },
    },
    async (request, reply) => {
      const key = unquoted(request.headers['idempotency-key'])
      const id = await desk.submit(await submissionOf(context, await received(request, maxImageBytes), key))
      request.leaveUploads?.()
      watch.ring(id)
      const view = await answer(id, request, reply)
      reply.header('location', addressOf(id))
      return reply.status(hasEnded(view) ? 200 : 202).send(view)
    },
  )

  app.get(
    '/explanations/:id',
    {
      schema: {
        summary: 'What has come of it: targets with their numbers and maps, or why there are none',
        params,
        headers: Headers.pick({ prefer: true }),
        response: { 200: LiveView, ...problems },
      },
    },
    async (request, reply) => answer(request.params.id, request, reply),
  )

  app.delete(
    '/explanations/:id',
    {
      config: { rateLimit: changes },
      schema: { summary: 'Gives up what is not done', params, response: { 200: LiveView, ...problems } },
    },
    async ({ params: { id } }) => {
      const view = await live.cancel(id)
      if (view.state === 'cancelled') return view
      throw new HttpProblem(409, `The explanation is ${view.state}: there is nothing to give up any more`)
    },
  )
}

async function submissionOf(
  context: GatewayContext,
  { ask, upload }: Received,
  key: string | undefined,
): Promise<Submission> {
  const detector = await registeredDetector(context, ask.detector)
  const { image, name } = upload
    ? {
        image: { uri: `artifact:${upload.sha256}`, sha256: upload.sha256, bytes: upload.bytes.byteLength },
        name: upload.name || `image ${upload.sha256.slice(0, 12)}`,
      }
    : await locatedImage(context, ask.image)
  const spec = specOf(ask, detector, 'live')
  return { spec, image, name, deadlineMs: ask.deadlineMs, key, content: upload?.bytes }
}

const unquoted = (key: string | undefined): string | undefined => (key && /^"(.+)"$/.exec(key)?.[1]) || key
