import { Sha256, sha256 } from '@fanlight/contracts'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Ask, deadlineMs, fieldsOfText } from './ask.ts'
import { checked, HttpProblem } from './problem.ts'
import { noImage, tooLarge } from './refusals.ts'

const asked = { ...Ask.shape, deadlineMs: deadlineMs.default(3_600_000) }

/** An image where it lies. */
export const ReferenceAsk = z.strictObject({
  ...asked,
  image: z.strictObject({
    uri: z.string().max(4096).meta({ description: 's3://bucket/key' }),
    sha256: Sha256.optional().meta({ description: 'Of the bytes that are meant' }),
    bytes: z.int().min(1).optional().meta({ description: 'With `sha256`, nothing is read before it is its turn' }),
  }),
})
export type ReferenceAsk = z.output<typeof ReferenceAsk>

/** An image that comes along: what is asked of it are fields of the form, or the query. */
export const UploadAsk = z.strictObject({
  ...asked,
  sha256: Sha256.optional().meta({ description: 'What the bytes should have: refused when they came otherwise' }),
})
export type UploadAsk = z.output<typeof UploadAsk>

export interface Upload {
  readonly bytes: Uint8Array
  readonly sha256: string
  /** As the sender says; may hold anything. */
  readonly name: string | undefined
}

export type Received =
  | { readonly ask: UploadAsk; readonly upload: Upload }
  | { readonly ask: ReferenceAsk; readonly upload?: never }

/**
 * What a POST asks for, be it JSON, a form with the image among its fields, or the image itself.
 * @throws HttpProblem 400, 413, 415, 422
 */
export async function received(request: FastifyRequest, maxImageBytes: number): Promise<Received> {
  const query = fieldsOfText(request.query as Record<string, unknown>)
  if (request.isMultipart()) return upload(await formOf(request, maxImageBytes).catch(refuseForm), query)
  if (Buffer.isBuffer(request.body)) return upload({ fields: {}, bytes: request.body, name: undefined }, query)
  if (typeof request.body !== 'object' || request.body === null) {
    throw noImage()
  }
  return { ask: checked(ReferenceAsk, { ...query, ...request.body }) }
}

interface Form {
  readonly fields: Readonly<Record<string, unknown>>
  readonly bytes: Buffer | undefined
  readonly name: string | undefined
}

function upload({ fields, bytes, name }: Form, query: Record<string, unknown>): Received {
  const ask = checked(UploadAsk, { ...query, ...fields })
  if (!bytes?.length) throw new HttpProblem(400, 'There is no image in the request: name the field of its file "image"')
  const hash = sha256(bytes)
  if (ask.sha256 !== undefined && ask.sha256 !== hash) {
    throw new HttpProblem(422, `The image came with the SHA-256 ${hash}, not ${ask.sha256}: send it again`)
  }
  return { ask, upload: { bytes, sha256: hash, name } }
}

/** The parser's own errors have no status: they are about what was sent. */
function refuseForm(error: unknown): never {
  if (error instanceof HttpProblem || !(error instanceof Error) || 'statusCode' in error) throw error
  throw new HttpProblem(400, `The form cannot be read: ${error.message}`)
}

/** Fields may come before the file or after it. */
async function formOf(request: FastifyRequest, maxImageBytes: number): Promise<Form> {
  const fields: Record<string, unknown> = {}
  let [bytes, name]: [Buffer | undefined, string | undefined] = [undefined, undefined]
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      if (part.valueTruncated || part.fieldnameTruncated) throw new HttpProblem(413, 'A field of the form is too long')
      if (Object.hasOwn(fields, part.fieldname)) {
        throw new HttpProblem(
          400,
          `The form has two fields ${JSON.stringify(part.fieldname)}: put commas between values`,
        )
      }
      fields[part.fieldname] = part.value
    } else if (part.fieldname === 'image') {
      // At once, and not when all the rest has been received.
      part.file.once('limit', () => part.file.destroy(tooLarge(maxImageBytes)))
      bytes = Buffer.concat(await Array.fromAsync(part.file))
      name = part.filename
    } else {
      part.file.resume()
      throw new HttpProblem(400, `The file ${JSON.stringify(part.fieldname)} is not asked for: name its field "image"`)
    }
  }
  return { fields: fieldsOfText(fields), bytes, name }
}
