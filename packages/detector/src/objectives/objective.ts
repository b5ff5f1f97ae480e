import type { Cotangents, LossGains, Predictions } from '../family.ts'
import type { NetworkTarget } from '../scoring.ts'

/** A prediction that stands for a target, found in the clean run. */
export interface Held {
  readonly predictions: Predictions
  readonly index: number
  readonly target: NetworkTarget
  readonly gains: LossGains
}

export interface ObjectiveValue {
  readonly value: number
  /**
   * p (1 − p) of the sigmoid or softmax that the value comes from, 0 (saturated) to ¼; null where there is none, and of
   * losses, whose logarithm undoes it: they vanish at their minimum only.
   */
  readonly slope: number | null
}

/**
 * A scalar of the raw outputs.
 * @param into ∂value/∂outputs is added to it
 */
export type GradientOf = (held: Held, into: Cotangents) => ObjectiveValue

/** The derivative of a sigmoid, and of a softmax along its own logit. */
export const slopeAt = (probability: number): number => probability * (1 - probability)
