import { correlation } from './correlation.ts'
import type { Removals } from './fidelity.ts'

/**
 * MuFidelity (Bhatt et al., Evaluating and aggregating feature-based model explanations, IJCAI 2020): the correlation
 * of the evidence in removed subsets with what the score lost by their removal. The paper's subsets are of one size;
 * here they are of four.
 * @returns −1..1; null where evidence or score never moved
 */
export const muFidelity = ({ claimed, lost }: Removals): number | null => correlation(claimed, lost)
