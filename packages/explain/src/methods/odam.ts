import { camMethod } from './cam.ts'

/** Zhao and Chan 2023, arXiv:2304.06354: ReLU Σₖ gradientₖ ⊙ Aₖ: the paper smooths the gradient (Φ), its authors' code does not. */
export const odam = camMethod('odam', 'ODAM: gradient × activation, place by place, what speaks for this one instance')
