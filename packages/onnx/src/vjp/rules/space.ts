import { int } from '../../attribute.ts'
import type { Rule } from '../rule.ts'
import { sizesAt, turned } from './along.ts'

/** Each inverts the other; with the mode CRD the channels of x lie as [C, b, b], which SpaceToDepth does not know. */
export const DepthToSpace: Rule = (site) => {
  const [x, dy, block] = [site.inputs[0]!, site.cotangents[0]!, site.int('blocksize', 1)]
  if (site.text('mode', 'DCR') === 'DCR')
    return [site.node('SpaceToDepth', { inputs: [dy], attributes: { blocksize: int(block) } })[0]]
  const [channels, height, width] = sizesAt(site, x, [1, 2, 3]) as [number, number, number]
  const blocks = site.op('Reshape', dy, site.integers(0, channels / block ** 2, height, block, width, block))
  return [site.op('Reshape', turned(site, blocks, [0, 1, 3, 5, 2, 4]), site.integers(0, channels, height, width))]
}

export const SpaceToDepth: Rule = (site) => {
  const attributes = { blocksize: int(site.int('blocksize', 1)) }
  return [site.node('DepthToSpace', { inputs: [site.cotangents[0]!], attributes })[0]]
}

/** A triangle of each matrix, and 0 elsewhere: dx = that of dy. */
export const Trilu: Rule = (site) => [site.again([site.cotangents[0]!, ...site.inputs.slice(1)])]
