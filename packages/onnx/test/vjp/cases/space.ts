import { int, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase } from './case.ts'

const space = (op: string, variant: string, x: readonly number[], blocksize: number, mode?: string) =>
  nodeCase(op, variant, {
    inputs: { x },
    attributes: { blocksize: int(blocksize), ...(mode !== undefined && { mode: text(mode) }) },
    linear: true,
  })

const triangle = (variant: string, x: readonly number[], upper: number, k?: number) =>
  nodeCase('Trilu', variant, {
    inputs: { x },
    constants: k === undefined ? [] : [[[], BigInt64Array.of(BigInt(k))]],
    attributes: { upper: int(upper) },
    linear: true,
  })

export const spaceCases: readonly GradientCase[] = [
  space('DepthToSpace', 'DCR by default', [2, 8, 2, 3], 2),
  space('DepthToSpace', 'CRD', [2, 18, 2, 3], 3, 'CRD'),
  space('SpaceToDepth', 'blocks of 2', [2, 3, 4, 6], 2),
  triangle('upper', [2, 3, 4], 1),
  triangle('lower, below the diagonal', [4, 3], 0, -1),
]
