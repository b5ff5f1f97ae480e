import { InputError } from '@fanlight/ports'
import { z } from 'zod'

declare module 'zod' {
  interface GlobalMeta {
    /** What a variable of the environment is for: the end of "NAME: …". */
    about?: string
    /** A value that it may have. */
    example?: string
    /** Never shown, in messages or logs. */
    secret?: boolean
  }
}

/** Variables of the environment by name; each schema takes a text, and carries `about` and `example` in its `meta`. */
export type Variables = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>

export type Config<V extends Variables> = { readonly [Name in keyof V]: z.output<V[Name]> }

/**
 * Reads a process's configuration, all of it and before anything else is done. An empty text is as good as none.
 * @throws InputError `CONFIGURATION_INVALID`, one line a variable: what it is, what it expects, an example
 */
export function readConfig<V extends Variables>(env: NodeJS.ProcessEnv, variables: V): Config<V> {
  const config: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, schema] of Object.entries(variables)) {
    const text = env[name] || undefined
    const read = schema.safeParse(text)
    if (read.success) config[name] = read.data
    else faults.push(faultOf(name, schema, text, read.error))
  }
  if (faults.length === 0) return config as Config<V>
  throw new InputError('CONFIGURATION_INVALID', faults.join('\n'))
}

function faultOf(name: string, schema: z.ZodType, text: string | undefined, error: z.ZodError): string {
  const { about = 'a setting', example, secret = false } = schema.meta() ?? {}
  const shown = secret ? 'not what is expected' : JSON.stringify(text)
  const fault =
    text === undefined ? 'is missing' : `is ${shown}: ${error.issues.map(({ message }) => message).join('; ')}`
  return `${name} ${fault}. It is ${about}${example === undefined ? '' : `, such as ${name}=${example}`}`
}

/** Names that look like ours and are nobody's: a typing mistake, most likely. */
export function strayVariables(env: NodeJS.ProcessEnv, known: Variables): readonly string[] {
  return Object.keys(env).filter((name) => name.startsWith('FANLIGHT_') && !Object.hasOwn(known, name))
}

/** A whole number between bounds, both included. */
export function wholeNumber({ min = 1, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  const expected = `expected a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,16}$/, expected)
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, expected)
}

/** A URL of one of the schemes, given without their colons. */
export function urlOf(...schemes: readonly string[]) {
  const expected = `expected a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
  return z.string().refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)), expected)
}
