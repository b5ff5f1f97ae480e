import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bodies of a route that reads them itself, by their type: for the description. */
    accepts?: Readonly<Record<string, z.ZodType>>
  }
}

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>

/** Describes bodies of several types, which the schema of a route cannot. */
export const describeRoute: Transform = (document) => {
  const described = jsonSchemaTransform(document as Parameters<typeof jsonSchemaTransform>[0])
  const { accepts } = document.route.config ?? {}
  if (!accepts || !described.schema) return described
  const content = Object.entries(accepts).map(([type, schema]) => [
    type,
    { schema: z.toJSONSchema(schema, { io: 'input' }) },
  ])
  return { ...described, schema: { ...described.schema, body: { content: Object.fromEntries(content) } } }
}
