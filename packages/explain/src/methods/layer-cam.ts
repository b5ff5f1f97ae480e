import { camMethod } from './cam.ts'

/** Jiang et al. 2021, doi:10.1109/TIP.2021.3089943: ReLU Σₖ ReLU(gradientₖ) ⊙ Aₖ. */
export const layerCam = camMethod('layer-cam', 'LayerCAM: positive gradient × activation, place by place')
