import type { MethodSpec } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { Explainer } from '../explainer.ts'
import { parseParams } from '../params.ts'
import { boxGaussian } from './box-gaussian.ts'
import { dRise } from './d-rise.ts'
import { random } from './random.ts'

export type MethodName = 'drise' | 'box-gaussian' | 'random'
export type MethodParams = MethodSpec['params']

/** Any method, over params as they are stored: it parses them itself. */
export type AnyExplainer = Explainer<MethodParams>

const methods: Readonly<Record<MethodName, AnyExplainer>> = {
  drise: onStoredParams(dRise),
  'box-gaussian': onStoredParams(boxGaussian),
  random: onStoredParams(random),
}

export const methodNames = Object.keys(methods) as readonly MethodName[]

/** @throws InputError `USAGE` when there is no such method; the message lists those there are */
export function methodNamed(name: string): AnyExplainer {
  if (Object.hasOwn(methods, name)) return methods[name as MethodName]
  const known = methodNames.join(', ')
  throw new InputError('USAGE', `there is no method ${JSON.stringify(name.slice(0, 64))}: take one of ${known}`)
}

/** @throws InputError `USAGE` when the method is unknown, or of another version than the spec was made with */
export function explainerFor({ name, version }: MethodSpec): AnyExplainer {
  const explainer = methodNamed(name)
  if (explainer.version === version) return explainer
  const remedy = 'run the Fanlight that made it, or start a new job'
  throw new InputError(
    'USAGE',
    `${name} is version ${explainer.version} here, version ${version} is asked for: ${remedy}`,
  )
}

/**
 * What a job stores of a method: name, version, and params with their defaults filled in.
 * @param given what a person asked for; missing params get their defaults
 * @param forwards a budget in all, the clean and the empty run included; ignored by methods without masks
 * @throws InputError `USAGE` when the method is unknown or the params or the budget are not for it
 */
export function methodSpec(name: string, given: unknown = {}, forwards?: number): MethodSpec {
  const explainer = methodNamed(name)
  const params = parseParams(explainer, given)
  const budgeted = forwards === undefined ? params : (explainer.withForwards?.(params, forwards) ?? params)
  return { name, version: explainer.version, params: parseParams(explainer, budgeted) }
}

function onStoredParams<P extends MethodParams>(explainer: Explainer<P>): AnyExplainer {
  const { withForwards, ...rest } = explainer
  return {
    ...rest,
    cost: (params) => explainer.cost(parseParams(explainer, params)),
    explain: (context, params) => explainer.explain(context, parseParams(explainer, params)),
    ...(withForwards && { withForwards: (params, forwards) => withForwards(parseParams(explainer, params), forwards) }),
  }
}
