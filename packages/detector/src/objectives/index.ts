import { box } from './box.ts'
import { classProbability } from './class.ts'
import { lossBox } from './loss-box.ts'
import { lossCls } from './loss-cls.ts'
import { lossObj } from './loss-obj.ts'
import type { GradientOf } from './objective.ts'
import { objectness } from './objectness.ts'
import { score } from './score.ts'

export type GradientObjective = 'score' | 'class' | 'objectness' | 'box' | 'loss.box' | 'loss.obj' | 'loss.cls'

/** What can be differentiated of a held prediction. */
export const objectives: Readonly<Record<GradientObjective, GradientOf>> = {
  score,
  class: classProbability,
  objectness,
  box,
  'loss.box': lossBox,
  'loss.obj': lossObj,
  'loss.cls': lossCls,
}
