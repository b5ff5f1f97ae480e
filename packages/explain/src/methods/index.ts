import type { MethodSpec, Objective } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { Explainer } from '../explainer.ts'
import { parseParams } from '../params.ts'
import { aise } from './aise.ts'
import { boxGaussian } from './box-gaussian.ts'
import { dRise } from './d-rise.ts'
import { eigenCam } from './eigen-cam.ts'
import { evaluateBy } from './evaluate.ts'
import { focus } from './focus.ts'
import { gradCam } from './grad-cam.ts'
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts'
import { gradient } from './gradient.ts'
import { gradientXInput } from './gradient-x-input.ts'
import { guidedBackprop } from './guided-backprop.ts'
import { hiresCam } from './hires-cam.ts'
import { integratedGradients } from './integrated-gradients.ts'
import { kernelShap } from './kernel-shap.ts'
import { layerCam } from './layer-cam.ts'
import { lime } from './lime.ts'
import { odam } from './odam.ts'
import { owen } from './owen.ts'
import { random } from './random.ts'
import { shapleyPermutation } from './shapley-permutation.ts'
import { smoothGrad } from './smooth-grad.ts'
import { xgradCam } from './xgrad-cam.ts'

export type MethodParams = MethodSpec['params']

/** Any method, over params as they are stored: it parses them itself. */
export type AnyExplainer = Explainer<MethodParams>

const methods = {
  focus: onStoredParams(focus),
  drise: onStoredParams(dRise),
  lime: onStoredParams(lime),
  aise: onStoredParams(aise),
  'grad-cam': onStoredParams(gradCam),
  'grad-cam-plus-plus': onStoredParams(gradCamPlusPlus),
  'hires-cam': onStoredParams(hiresCam),
  'layer-cam': onStoredParams(layerCam),
  'xgrad-cam': onStoredParams(xgradCam),
  'eigen-cam': onStoredParams(eigenCam),
  odam: onStoredParams(odam),
  gradient: onStoredParams(gradient),
  'gradient-x-input': onStoredParams(gradientXInput),
  smoothgrad: onStoredParams(smoothGrad),
  'integrated-gradients': onStoredParams(integratedGradients),
  'guided-backprop': onStoredParams(guidedBackprop),
  evaluate: onStoredParams(evaluateBy({ explainerFor, methodNamed, methodSpec })),
  'kernel-shap': onStoredParams(kernelShap),
  owen: onStoredParams(owen),
  'shapley-permutation': onStoredParams(shapleyPermutation),
  'box-gaussian': onStoredParams(boxGaussian),
  random: onStoredParams(random),
} satisfies Readonly<Record<string, AnyExplainer>>

export type MethodName = keyof typeof methods

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
  if (forwards === undefined || !explainer.withForwards) return { name, version: explainer.version, params }
  const budgeted = explainer.withForwards(params, forwards)
  const what = `${name} cannot work with ${forwards} forwards`
  return { name, version: explainer.version, params: parseParams(explainer, budgeted, what) }
}

/** @throws InputError `USAGE` when one of the methods cannot explain one of the objectives */
export function checkObjectives(specs: readonly MethodSpec[], objectives: readonly Objective[]): void {
  for (const { name } of specs) {
    const known = methodNamed(name).objectives
    const stray = objectives.find((objective) => !known.includes(objective))
    if (stray === undefined) continue
    const able = methodNames.filter((method) => methods[method].objectives.includes(stray))
    throw new InputError(
      'USAGE',
      `${name} cannot explain ${stray}, only ${known.join(', ')}: take one of ${able.join(', ')} for it`,
    )
  }
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
