import type { Rule, Site } from '../rule.ts'
import { positive, reduced, sizesAt, summed } from './along.ts'
import { overChannels, perChannel, standardised } from './standardised.ts'

/** Over the last axes: y = s · x̂ + b, x̂ as in `standardised`; ds = Σ dy · x̂, db = Σ dy. */
export const LayerNormalization: Rule = (site) => {
  const [x, scale] = site.inputs as [string, string]
  const dy = ownCotangent(site)
  const { hat, back } = standardised(site, x, lastAxes(site, x))
  return [
    site.wants(0) ? back(site.op('Mul', dy, scale)) : undefined,
    site.wants(1) ? site.sumTo(site.op('Mul', dy, hat), x, scale) : undefined,
    site.wants(2) ? site.sumTo(dy, x, site.inputs[2]!) : undefined,
  ]
}

/** Over the last axes: y = s · x / r, r = √(mean(x²) + ε); with g = dy · s, dx = (g − x / r · mean(g · x / r)) / r. */
export const RMSNormalization: Rule = (site) => {
  const { op } = site
  const [x, scale] = site.inputs as [string, string]
  const dy = ownCotangent(site)
  const mean = (value: string) => reduced(site, 'ReduceMean', value, lastAxes(site, x))
  const root = op('Sqrt', op('Add', mean(op('Mul', x, x)), site.scalar(site.float('epsilon', 1e-5))))
  const unit = op('Div', x, root)
  const g = op('Mul', dy, scale)
  return [
    site.wants(0) ? op('Div', op('Sub', g, op('Mul', unit, mean(op('Mul', g, unit)))), root) : undefined,
    site.wants(1) ? site.sumTo(op('Mul', dy, unit), x, scale) : undefined,
  ]
}

/**
 * Over groups of channels with their picture: y = s · x̂ + b, x̂ as in `standardised`; ds = Σ dy · x̂, db = Σ dy. Before
 * opset 21, s and b are given by group.
 */
export const GroupNormalization: Rule = (site) => {
  const [x, scale] = site.inputs as [string, string]
  const groups = site.int('num_groups', 1)
  const inGroups = (value: string) => site.op('Reshape', value, site.integers(0, groups, -1))
  const isByGroup = site.opset < 21
  // Both in the shape to which s and b belong.
  const shaped = (value: string) => (isByGroup ? inGroups(value) : value)
  const rank = isByGroup ? 3 : site.shapeOf(x).length
  const dy = shaped(site.cotangents[0]!)
  const { hat, back } = standardised(site, inGroups(x), [2])
  const scaled = () => site.op('Mul', dy, perChannel(site, scale, rank))
  return [
    site.wants(0) ? site.reshaped(back(isByGroup ? scaled() : inGroups(scaled())), x) : undefined,
    site.wants(1) ? overChannels(site, site.op('Mul', dy, isByGroup ? hat : site.reshaped(hat, x)), rank) : undefined,
    site.wants(2) ? overChannels(site, dy, rank) : undefined,
  ]
}

/** y = x / ‖x‖ along the axis: dx = (dy − ∂‖x‖/∂x · Σ dy · y) / ‖x‖, with sign(x) or y for the norms 1 and 2. */
export const LpNormalization: Rule = (site) => {
  const { op } = site
  const [x, y, dy] = [site.inputs[0]!, site.outputs[0]!, site.cotangents[0]!]
  const axes = [positive(site.int('axis', -1), site.shapeOf(x).length)]
  const isL1 = site.int('p', 2) === 1
  const norm = reduced(site, isL1 ? 'ReduceL1' : 'ReduceL2', x, axes)
  const slope = isL1 ? op('Sign', x) : y
  const across = op('Sub', dy, op('Mul', slope, summed(site, op('Mul', dy, y), axes)))
  // Where all is 0, so is y, whatever the direction.
  const isNull = op('Equal', norm, site.scalar(0))
  return [op('Where', isNull, site.scalar(0), op('Div', across, op('Where', isNull, site.scalar(1), norm)))]
}

/**
 * y = x · s^−β, s = k + α/n · B x², where the band matrix B sums over n neighbouring channels:
 * dx = dy · s^−β − 2αβ/n · x · Bᵀ(dy · y / s) (Krizhevsky et al. 2012, section 3.3).
 */
export const LRN: Rule = (site) => {
  const { op, scalar } = site
  const [x, y, dy] = [site.inputs[0]!, site.outputs[0]!, site.cotangents[0]!]
  const [size, alpha, beta] = [site.int('size', 1), site.float('alpha', 1e-4), site.float('beta', 0.75)]
  const [channels] = sizesAt(site, x, [1])
  const neighbours = (value: string, isTransposed: boolean) => {
    const flat = op('Reshape', value, site.integers(0, channels!, -1))
    const band = site.floats(bandOf(channels!, size, isTransposed), [channels!, channels!])
    return site.reshaped(op('MatMul', band, flat), x)
  }
  const spread = op('Mul', neighbours(op('Mul', x, x), false), scalar(alpha / size))
  const s = op('Add', spread, scalar(site.float('bias', 1)))
  const others = neighbours(op('Div', op('Mul', dy, y), s), true)
  const own = op('Mul', dy, op('Pow', s, scalar(-beta)))
  return [op('Sub', own, op('Mul', scalar((2 * alpha * beta) / size), op('Mul', x, others)))]
}

/** 1 for the channels c − ⌊(n−1)/2⌋ … c + ⌈(n−1)/2⌉ of row c. */
function bandOf(channels: number, size: number, isTransposed: boolean): Float32Array {
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)]
  return Float32Array.from({ length: channels * channels }, (_, i) => {
    const [row, column] = [Math.floor(i / channels), i % channels]
    const distance = isTransposed ? row - column : column - row
    return distance >= -before && distance <= after ? 1 : 0
  })
}

function lastAxes(site: Site, x: string): readonly number[] {
  const rank = site.shapeOf(x).length
  const first = positive(site.int('axis', -1), rank)
  return Array.from({ length: rank - first }, (_, i) => first + i)
}

function ownCotangent(site: Site): string {
  if (site.cotangents.slice(1).some(Boolean))
    throw site.unsupported('gives its statistics to the network', 'Take a layer behind it')
  return site.cotangents[0]!
}
