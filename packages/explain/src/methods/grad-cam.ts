import { camMethod } from './cam.ts'

/** Selvaraju et al. 2017, arXiv:1610.02391: ReLU Σₖ (mean gradient of channel k) · Aₖ. */
export const gradCam = camMethod('grad-cam', 'Grad-CAM: channels weighed by their mean gradient')
