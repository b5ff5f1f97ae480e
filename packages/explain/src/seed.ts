import { hashOf, type Sha256 } from '@fanlight/contracts'
import type { ExplainContext } from './explainer.ts'

/**
 * A seed for one purpose on one image. Another image gets another one, so that the noise of its maps averages out
 * over a dataset; another detector gets the same one, so that two detectors are compared under the same masks.
 * @returns 0..2³² − 1
 */
export const seedFor = ({ seed, image }: ExplainContext, purpose: string): number => wordsOf(seed, image, purpose)[0]!

/** State of a generator of its own for one target: it does not matter which targets come before. Four 32-bit words. */
export const stateFor = ({ seed }: ExplainContext, target: Sha256): readonly number[] => wordsOf(seed, target, 'target')

function wordsOf(seed: number, subject: Sha256, purpose: string): number[] {
  const hash = Buffer.from(hashOf(['seed', seed, subject, purpose]), 'hex')
  return [0, 4, 8, 12].map((offset) => hash.readUInt32LE(offset))
}
