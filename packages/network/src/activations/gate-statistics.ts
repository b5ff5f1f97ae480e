import { type Statistics, statisticsOf } from '../statistics.ts'
import type { ActivationFunction } from './activation-functions.ts'

/** A gate below `CLOSED` lets nothing through, above `OPEN` everything. */
export const CLOSED = 0.01
export const OPEN = 0.99

/** What an activation function did with one photo. */
export interface ActivationStatistics {
  readonly kind: string
  readonly layer: string
  /** Name of the value that it makes. */
  readonly value: string
  readonly shape: readonly number[]
  readonly before: Statistics
  readonly after: Statistics
  /** Share of the numbers at which the function is closed: it gives (next to) nothing there. */
  readonly closedShare: number
  /** Share at which it is wide open. */
  readonly openShare: number
  /** Both together, for functions that level off at both ends; else null. */
  readonly saturatedShare: number | null
  readonly channels: number
  /** Channels at which it is closed everywhere in the photo. */
  readonly deadChannels: number
  /** The first of them, from 0. */
  readonly dead: readonly number[]
}

const MAX_LISTED = 64

/**
 * @param before what goes in, and `after` what comes out: one image's numbers, row-major in `shape`
 * @param shape [1, channels, rows, columns], [1, places, channels] of a transformer, or [1, channels]
 */
export function activationStatistics(
  { kind, layer, after: value, gate, saturates }: ActivationFunction,
  { before, after, shape }: { before: Float32Array; after: Float32Array; shape: readonly number[] },
): ActivationStatistics {
  const axis = shape.length === 3 ? 2 : Math.min(1, shape.length - 1)
  const channels = shape[axis] ?? 1
  const stride = shape.slice(axis + 1).reduce((product, side) => product * side, 1)
  const isAlive = new Uint8Array(channels)
  let [closed, open] = [0, 0]
  for (let at = 0; at < before.length; at++) {
    const share = gate(before[at]!)
    if (share < CLOSED) closed++
    else isAlive[Math.floor(at / stride) % channels] = 1
    if (share > OPEN) open++
  }
  const dead = [...isAlive.keys()].filter((channel) => isAlive[channel] === 0)
  const all = Math.max(1, before.length)
  return {
    kind,
    layer,
    value,
    shape,
    before: statisticsOf(before),
    after: statisticsOf(after),
    closedShare: closed / all,
    openShare: open / all,
    saturatedShare: saturates ? (closed + open) / all : null,
    channels,
    deadChannels: dead.length,
    dead: dead.slice(0, MAX_LISTED),
  }
}
