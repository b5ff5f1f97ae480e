import { batchNormCases } from './batch-norm.ts'
import { binaryCases } from './binary.ts'
import type { GradientCase } from './case.ts'
import { convCases, convTransposeCases } from './conv.ts'
import { gatherCases } from './gather.ts'
import { gridSampleCases } from './grid-sample.ts'
import { layerNormCases } from './layer-norm.ts'
import { logicCases } from './logic.ts'
import { matmulCases } from './matmul.ts'
import { padCases } from './pad.ts'
import { poolCases } from './pool.ts'
import { reduceCases } from './reduce.ts'
import { resizeCases } from './resize.ts'
import { shapeCases } from './shape.ts'
import { softmaxCases } from './softmax.ts'
import { spaceCases } from './space.ts'
import { unaryCases } from './unary.ts'

/** Of every operator that has a rule. */
export const gradientCases: readonly GradientCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...convCases,
  ...convTransposeCases,
  ...poolCases,
  ...resizeCases,
  ...shapeCases,
  ...matmulCases,
  ...batchNormCases,
  ...layerNormCases,
  ...softmaxCases,
  ...reduceCases,
  ...gatherCases,
  ...gridSampleCases,
  ...padCases,
  ...spaceCases,
  ...logicCases,
]
