import { camMethod } from './cam.ts'

/** Draelos and Carin 2020, arXiv:2011.08891: ReLU Σₖ gradientₖ ⊙ Aₖ. */
export const hiresCam = camMethod('hires-cam', 'HiResCAM: gradient × activation, place by place')
