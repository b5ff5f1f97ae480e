import {
  type DetectorRef,
  type GradientQuestion,
  hashOf,
  type Objective,
  type Question,
  type Sha256,
  type Tap,
} from '@fanlight/contracts'
import { usesGradient } from '@fanlight/saliency'
import { TAPPED_VERSION } from './tapped-version.ts'

/** What a question needs opened. */
export interface TappedAs {
  readonly tap: Tap
  /** As of `TappedOptions`, the rest too. */
  readonly backward: boolean
  readonly guided: boolean
  readonly apart?: boolean
  readonly distances?: boolean
}

export function tappedAs({ tap, reduction, guided, objectives }: GradientQuestion): TappedAs {
  return { tap, backward: usesGradient(reduction), guided, apart: true, distances: needsDistances(objectives) }
}

/**
 * Whether what a question needs opened follows from the file and can be kept for others. What has its weights drawn
 * anew is of one question, and built where that is answered.
 */
export const isOfFile = (question: Question): question is GradientQuestion =>
  question.kind === 'gradient' && !question.variant?.weights

/** Only inside the network are the distributions that it makes distances of. */
export const needsDistances = (objectives: readonly Objective[]): boolean => objectives.includes('loss.dfl')

/** The same for all that open the same graph. */
const canonical = ({ tap, backward, guided, apart = false, distances = false }: TappedAs) =>
  [tap, backward, guided, apart, distances] as const

/** Tells the networks of one detector apart. */
export const keyOf = (as: TappedAs): string => JSON.stringify(canonical(as))

/** Names what is built of a detector's file, wherever it was built. */
export function derivedKey({ sha256, descriptor }: DetectorRef, as: TappedAs): Sha256 {
  const { inputName, width, height } = descriptor
  return hashOf(['tapped', TAPPED_VERSION, sha256, [inputName, width, height], canonical(as)])
}
