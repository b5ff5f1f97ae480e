import type { AttributionRecord, Objective } from '@fanlight/contracts'
import type { MethodName } from './methods/index.ts'

// What methods and their numbers say, for every page, table and picture. No code but this file: browsers load it, too.

/** Why the methods of a group are alike, in the order in which they are shown. */
export const methodGroups = {
  perturbation: 'parts of the photo are hidden, and the detector asked again',
  'class activation maps': 'what feature maps hold, weighed by the gradient there',
  'gradients at the input': 'how the value changes with each pixel',
  baselines: 'never look at the photo: what any map must beat',
} as const

export type MethodGroup = keyof typeof methodGroups

const groups: Readonly<Record<MethodName, MethodGroup>> = {
  drise: 'perturbation',
  focus: 'perturbation',
  lime: 'perturbation',
  aise: 'perturbation',
  'grad-cam': 'class activation maps',
  'grad-cam-plus-plus': 'class activation maps',
  'hires-cam': 'class activation maps',
  'layer-cam': 'class activation maps',
  'xgrad-cam': 'class activation maps',
  'eigen-cam': 'class activation maps',
  odam: 'class activation maps',
  gradient: 'gradients at the input',
  'gradient-x-input': 'gradients at the input',
  smoothgrad: 'gradients at the input',
  'integrated-gradients': 'gradients at the input',
  'guided-backprop': 'gradients at the input',
  'kernel-shap': 'perturbation',
  owen: 'perturbation',
  'shapley-permutation': 'perturbation',
  'box-gaussian': 'baselines',
  random: 'baselines',
  evaluate: 'perturbation',
}

/** @returns undefined for a method of another Fanlight */
export const groupOf = (method: string): MethodGroup | undefined =>
  Object.hasOwn(groups, method) ? groups[method as MethodName] : undefined

/** Things that have a method, by group in the order of `methodGroups`, empty groups left out; what has none comes last. */
export function grouped<T>(
  things: readonly T[],
  methodOf: (thing: T) => string,
): readonly { readonly group: MethodGroup | undefined; readonly members: readonly T[] }[] {
  const names = [...(Object.keys(methodGroups) as MethodGroup[]), undefined]
  return names
    .map((group) => ({ group, members: things.filter((thing) => groupOf(methodOf(thing)) === group) }))
    .filter(({ members }) => members.length > 0)
}

/** Whether what speaks against a target weighs as much in its maps as what speaks for it: shown in both colours. */
export const isSigned = (method: string): boolean => method === 'gradient-x-input' || method === 'integrated-gradients'

/** What to know before looking at a method's maps; undefined where there is nothing. */
export function methodWarning(method: string): string | undefined {
  if (method !== 'guided-backprop') return undefined
  return 'guided-backprop fails sanity checks: it hardly changes when the network’s weights are drawn anew (Adebayo et al. 2018). It shows edges rather than reasons.'
}

export const objectivesInWords: Readonly<Record<Objective, string>> = {
  score: 'the score as the detector ranks it',
  class: 'that it is of this class',
  objectness: 'that there is an object at all',
  box: 'that the box lies just there',
  'loss.box': 'the loss of the box, against the box shown',
  'loss.obj': 'the loss of the objectness: that there is an object',
  'loss.cls': 'the loss of the class: this one and no other',
  'loss.dfl': 'the loss of the sides’ distributions (DFL), against the box shown',
}

export type LossTermName = Extract<Objective, `loss.${string}`>

/** The terms in the order in which they are shown, and what they are. */
export const lossTerms: Readonly<Record<LossTermName, { readonly name: string; readonly meaning: string }>> = {
  'loss.box': {
    name: 'box',
    meaning:
      'one minus the overlap (CIoU) of the predicted box with the target’s. Against the detector’s own box it is at its minimum, and has no gradient; it speaks against another box only, such as the ground truth that --target gives.',
  },
  'loss.obj': {
    name: 'objectness',
    meaning: 'how surprised training would be that something is here: −ln of the objectness.',
  },
  'loss.cls': {
    name: 'class',
    meaning: 'how surprised training would be at the class: the cross-entropy of the class probabilities.',
  },
  'loss.dfl': {
    name: 'DFL',
    meaning:
      'distribution focal loss, of detectors that predict each side of a box as a distribution: how little of it lies where the target’s side is.',
  },
}

export const isLossTerm = (objective: Objective): objective is LossTermName => Object.hasOwn(lossTerms, objective)

export type RecordedGradient = NonNullable<AttributionRecord['gradient']>

/** Two significant digits, as short as they go: `0.013`, `2e-7`. */
export function short(value: number): string {
  const [figures, power] = value.toExponential(1).split('e')
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) return `${Number(figures)}e${Number(power)}`
  return String(Number(value.toPrecision(2)))
}

export interface Reason {
  /** A clause: `the class probability is saturated (slope 2e-7)`. */
  readonly cause: string
  /** Sentences: what it means, and what to do. */
  readonly meaning: string
}

/** Why a gradient makes no map; undefined when it makes one. */
export function noMapOf(gradient: RecordedGradient | undefined, objective: Objective): Reason | undefined {
  switch (gradient?.vanished) {
    case 'no-match':
      return {
        cause: 'no prediction of the network lies over the target',
        meaning: 'There is nothing to take a gradient of.',
      }
    case 'saturated':
      return {
        cause: `the ${saturatedValue[objective]} is saturated (slope ${short(gradient.slope ?? 0)})`,
        meaning: `It is ${short(gradient.value)} and stays so whatever changes a little: what is left of its gradient is rounding. Ask for a loss term, or for a method that hides parts of the photo.`,
      }
    case 'at-minimum':
      return {
        cause: 'the loss is at its minimum',
        meaning: 'The detector’s box is compared with itself and cannot get better. Give the true box with --target.',
      }
    case 'no-gradient':
      return {
        cause: 'the gradient is 0 everywhere',
        meaning: 'No small change there changes the value.',
      }
    default:
      return undefined
  }
}

const saturatedValue: Readonly<Record<Objective, string>> = {
  score: 'score',
  class: 'class probability',
  objectness: 'objectness',
  box: 'box',
  'loss.box': 'loss of the box',
  'loss.obj': 'loss of the objectness',
  'loss.cls': 'loss of the class',
  'loss.dfl': 'loss of the distributions',
}

/** What the slope of the last sigmoid or softmax says; undefined where it says nothing. */
export function slopeInWords(slope: number | null): string | undefined {
  if (slope === null) return undefined
  if (slope >= 0.1) return 'of the last sigmoid, 0.25 at most: the value answers to small changes'
  if (slope >= 0.01) return 'of the last sigmoid, 0.25 at most: the value is rather sure, its gradient small'
  return 'of the last sigmoid, 0.25 at most: the value is nearly saturated, its gradient tiny'
}
