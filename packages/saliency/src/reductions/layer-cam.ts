import { rectified, sumOverChannels } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Jiang et al. 2021, LayerCAM, equations 6 to 8, IEEE Transactions on Image Processing 30:
// https://doi.org/10.1109/TIP.2021.3089943
//
//   M(i) = ReLU(Σₖ ReLU(gₖ(i)) · Aₖ(i))

/** Each cell of each channel by its own gradient, where that is positive. */
export const layerCam: Reduction = (tap) =>
  rectified(sumOverChannels(tap, (at) => Math.max(0, tap.gradient[at]!) * tap.activation[at]!))
