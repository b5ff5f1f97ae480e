import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Explainer } from './explainer.ts'

/** @throws InputError `USAGE` when the params are not the method's; the message names each and what is wrong with it */
export function parseParams<Params>(
  { name, params }: Pick<Explainer<Params>, 'name' | 'params'>,
  given: unknown,
): Params {
  const parsed = params.safeParse(given)
  if (parsed.success) return parsed.data
  throw new InputError('USAGE', `parameters of ${name}: ${z.prettifyError(parsed.error)}`, { cause: parsed.error })
}
