import { attributeOf } from '../../attribute.ts'
import type { Site } from '../rule.ts'
import { cut } from './along.ts'

type Range = readonly [from: number, to: number]

/**
 * Some channels of a cotangent. Those of a convolution are a convolution with some of its kernels: onnxruntime has that in
 * its blocked layout, which a Slice leaves. The whole one is then needed by nobody.
 */
export function channelsOf(site: Site, value: string, range: Range): string {
  return isConvolved(site, value) ? convolved(site, value, range) : cut(site, value, 1, range)
}

function isConvolved(site: Site, value: string): boolean {
  const maker = site.producer(value)
  if (maker?.opType === 'Sum') return maker.input.every((input) => isConvolved(site, input))
  // With neither groups nor a bias.
  return maker?.opType === 'Conv' && (attributeOf(maker, 'group')?.i ?? 1n) === 1n && maker.input.length === 2
}

function convolved(site: Site, value: string, range: Range): string {
  const { opType, input, attribute } = site.producer(value)!
  if (opType === 'Sum') return site.op('Sum', ...input.map((each) => convolved(site, each, range)))
  const [x, kernels] = input as [string, string]
  const attributes = Object.fromEntries(attribute.map((each) => [each.name, each]))
  return site.node('Conv', { inputs: [x, cut(site, kernels, 0, range)], attributes })[0]
}
