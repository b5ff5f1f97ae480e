import { camMethod } from './cam.ts'

/** Chattopadhyay et al. 2018, arXiv:1710.11063: Grad-CAM with weights per pixel, for several instances of a class. */
export const gradCamPlusPlus = camMethod(
  'grad-cam-plus-plus',
  'Grad-CAM++: channels weighed by where their gradient is positive',
)
