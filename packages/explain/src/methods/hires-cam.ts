import { camMethod } from './cam.ts'

/** Draelos and Carin 2020, arXiv:2011.08891: Σₖ gradientₖ ⊙ Aₖ, signed. */
export const hiresCam = camMethod('hires-cam', 'HiResCAM: gradient × activation, place by place, signed')
