import { type ErrorCode, isFanlightError } from '@fanlight/ports'
import type { Logger } from '@fanlight/service-kit'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** RFC 9457. `code` is one of docs/spec/errors.md where there is one. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .describe('A problem as of RFC 9457')
export type Problem = z.infer<typeof Problem>

/** How any route may fail. */
export const problems = { default: { content: { 'application/problem+json': { schema: Problem } } } }

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  403: 'Not allowed from there',
  404: 'There is no such thing',
  409: 'It is not in a state for that',
  413: 'Too large',
  415: 'Not in a form that is taken here',
  421: 'This host is not served here',
  422: 'It cannot be taken as it is',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Not at the moment',
}

const statuses: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  INPUT_NOT_FOUND: 404,
  ARTIFACT_NOT_FOUND: 404,
  IMAGE_CHANGED: 409,
  IMAGE_UNREADABLE: 422,
  IMAGE_UNSUPPORTED: 422,
  IMAGE_TOO_LARGE: 422,
  NOT_A_FILE: 422,
  MODEL_NOT_FOUND: 404,
  MODEL_INVALID: 422,
  MODEL_UNSAFE: 422,
  MODEL_UNSUPPORTED: 422,
  ARTIFACT_CORRUPT: 500,
  USAGE: 400,
}

export interface HttpProblemOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly errors?: Problem['errors']
}

export class HttpProblem extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly errors: Problem['errors']

  constructor(status: number, detail: string, { headers = {}, errors }: HttpProblemOptions = {}) {
    super(detail)
    this.status = status
    this.headers = headers
    this.errors = errors
  }
}

export function looksIntoNothing(): never {
  throw new HttpProblem(503, 'This gateway looks into no networks')
}

/**
 * What a route checks by itself, because its bodies are of several kinds.
 * @throws HttpProblem 400 naming each field and what is wrong with it
 */
export function checked<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(given)
  if (!error) return data as z.output<Schema>
  const errors = error.issues.map(({ path, message }) => ({ path: path.join('/').slice(0, 200), message }))
  throw new HttpProblem(400, UNFIT, { errors })
}

const UNFIT = 'The request does not fit the schema of this route; see /v1/openapi.json'

export function answerError(logger: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const { status, ...more } = describe(error)
    if (status >= 500)
      logger.error({ error, route: request.routeOptions.url, method: request.method }, 'gateway.failed')
    if (status === 503) reply.header('retry-after', '2')
    if (status === 413) hangUpSoon(request, reply)
    if (error instanceof HttpProblem) reply.headers(error.headers)
    return sendProblem(request, reply, status, more)
  }
}

/** Closing at once upon what is still being sent would lose the answer: it is read past for a moment. */
function hangUpSoon({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection')
  setTimeout(() => raw.complete || raw.destroy(), 1000).unref()
}

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply) {
  return sendProblem(request, reply, 404, { detail: 'Nothing is served at this address; see /v1/openapi.json' })
}

type Described = Pick<Problem, 'status' | 'detail' | 'code' | 'errors'>

function describe(error: FastifyError): Described {
  if (error instanceof HttpProblem) {
    const { status, message, errors } = error
    return { status, detail: message, ...(errors && { errors }) }
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      path: `${error.validationContext ?? ''}${instancePath}`,
      message: message ?? 'is not valid',
    }))
    return { status: 400, detail: UNFIT, errors }
  }
  if (isFanlightError(error)) {
    const { code, message } = error
    return { status: statuses[code] ?? (error.retry === 'later' ? 503 : 500), detail: message, code }
  }
  const { statusCode = 500, message } = error
  // The message of an unforeseen error is for the log, not for whoever asked.
  return { status: statusCode, detail: statusCode < 500 ? message : 'The log of the gateway says more' }
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, status: number, more: Omit<Described, 'status'>) {
  const problem: Problem = {
    type: more.code ? `urn:fanlight:error:${more.code}` : 'about:blank',
    title: titles[status] ?? 'The request failed',
    status,
    instance: request.url,
    ...more,
  }
  return reply.status(status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}
