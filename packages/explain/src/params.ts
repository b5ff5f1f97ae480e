import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Explainer } from './explainer.ts'

/** Characters of what was given, in a message. */
const TOLD = 64

/**
 * @param what is being read, for the message
 * @throws InputError `USAGE` when the params are not the method's; the message names each, what it is and should be
 */
export function parseParams<Params>(
  { name, params }: Pick<Explainer<Params>, 'name' | 'params'>,
  given: unknown,
  what = `parameters of ${name}`,
): Params {
  const parsed = params.safeParse(given, { reportInput: true })
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) =>
    // These say it themselves; the input is all that is around it.
    issue.code === 'unrecognized_keys' || issue.code === 'custom'
      ? issue
      : { ...issue, message: `${issue.message}, not ${told(issue.input)}` },
  )
  throw new InputError('USAGE', `${what}: ${z.prettifyError({ issues })}`, { cause: parsed.error })
}

function told(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input)
  return text.length > TOLD ? `${text.slice(0, TOLD)}…` : text
}
