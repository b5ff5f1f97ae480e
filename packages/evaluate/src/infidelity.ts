import type { Removals } from './fidelity.ts'

/**
 * Infidelity (Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019) with removed subsets as
 * perturbations: min over β ≥ 0 of Σ (β · claimed − lost)² ÷ Σ lost². The scale β is the paper's, and lets maps be of
 * any unit; it may not turn a map around. Divided by what a map of zeros would get.
 * @returns 0 (the map tells each loss exactly) .. 1 (no better than zeros); null where nothing was ever lost
 */
export function infidelity(removals: readonly Removals[]): number | null {
  let [both, claims, losses] = [0, 0, 0]
  for (const { claimed, lost } of removals) {
    claimed.forEach((claim, i) => {
      both += claim * lost[i]!
      claims += claim ** 2
      losses += lost[i]! ** 2
    })
  }
  if (!(losses > 0)) return null
  if (!(both > 0 && claims > 0)) return 1
  return Math.max(0, 1 - ((both / claims) * both) / losses)
}
