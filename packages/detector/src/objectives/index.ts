import type { Objective } from '@fanlight/contracts'
import { box } from './box.ts'
import { classProbability } from './class.ts'
import { lossBox } from './loss-box.ts'
import { lossCls } from './loss-cls.ts'
import { lossDfl } from './loss-dfl.ts'
import { lossObj } from './loss-obj.ts'
import type { GradientOf } from './objective.ts'
import { objectness } from './objectness.ts'
import { score } from './score.ts'

/** What can be differentiated of a held prediction. */
export const objectives: Readonly<Record<Objective, GradientOf>> = {
  score,
  class: classProbability,
  objectness,
  box,
  'loss.box': lossBox,
  'loss.obj': lossObj,
  'loss.cls': lossCls,
  'loss.dfl': lossDfl,
}
