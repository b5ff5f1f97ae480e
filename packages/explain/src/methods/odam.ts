import { camMethod } from './cam.ts'

/** Zhao and Chan 2023, arXiv:2304.06354: instance-specific: ReLU Σₖ Φ(gradientₖ) ⊙ Aₖ. */
export const odam = camMethod('odam', 'ODAM: smoothed gradient × activation, for one instance')
