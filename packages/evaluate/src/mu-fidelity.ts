import { correlation } from './correlation.ts'
import type { Removals } from './fidelity.ts'

/**
 * MuFidelity (Bhatt et al., Evaluating and aggregating feature-based model explanations, IJCAI 2020): the correlation
 * of the evidence in removed subsets with what the score lost by their removal, among subsets of one size, since
 * any map knows that more is lost with more. The mean over the sizes.
 * @returns −1..1; null where neither evidence nor score ever moved
 */
export function muFidelity(removals: readonly Removals[]): number | null {
  const each = removals.map(({ claimed, lost }) => correlation(claimed, lost)).filter((value) => value !== null)
  return each.length > 0 ? each.reduce((sum, value) => sum + value, 0) / each.length : null
}
