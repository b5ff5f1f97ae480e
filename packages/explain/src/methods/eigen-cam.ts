import { camMethod } from './cam.ts'

/** Muhammad and Yeasin 2020, arXiv:2008.00299. The same for all targets of a photo: it shows what stirs the network. */
export const eigenCam = camMethod(
  'eigen-cam',
  'EigenCAM: the first principal component of the activations, without gradient or target',
)
