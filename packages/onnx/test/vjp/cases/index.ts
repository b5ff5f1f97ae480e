import { binaryCases } from './binary.ts'
import type { GradientCase } from './case.ts'
import { convCases, convTransposeCases } from './conv.ts'
import { poolCases } from './pool.ts'
import { resizeCases } from './resize.ts'
import { shapeCases } from './shape.ts'
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
]
