import { camMethod } from './cam.ts'

/** Fu et al. 2020, arXiv:2008.02312: weights Σ gradient · A ÷ Σ A of each channel. */
export const xgradCam = camMethod('xgrad-cam', 'XGrad-CAM: channels weighed by gradient × activation')
