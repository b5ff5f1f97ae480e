import type { ReductionName } from '@fanlight/contracts'
import type { Reduction } from '../reduction.ts'
import { eigenCam } from './eigen-cam.ts'
import { gradCam } from './grad-cam.ts'
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts'
import { gradient } from './gradient.ts'
import { gradientXInput } from './gradient-x-input.ts'
import { hiresCam } from './hires-cam.ts'
import { layerCam } from './layer-cam.ts'
import { odam } from './odam.ts'
import { xgradCam } from './xgrad-cam.ts'

export const reductions: Record<ReductionName, Reduction> = {
  gradient,
  'gradient-x-input': gradientXInput,
  'grad-cam': gradCam,
  'grad-cam-plus-plus': gradCamPlusPlus,
  'hires-cam': hiresCam,
  'layer-cam': layerCam,
  'xgrad-cam': xgradCam,
  'eigen-cam': eigenCam,
  odam,
}

/** Whether the reduction reads the gradient: one that does not needs only a forward, and says the same of every target. */
export function usesGradient(name: ReductionName): boolean {
  return name !== 'eigen-cam'
}
