import { LAYOUT, type MeanName } from './layout.ts'

/**
 * Sums over targets, exact in whatever order they came: floating-point sums would depend on it. Equal aggregates are
 * equal integer by integer. The integers are described by LAYOUT.
 */
export interface Aggregate {
  readonly targets: number
  readonly sums: readonly bigint[]
}

export const emptyAggregate: Aggregate = { targets: 0, sums: Array<bigint>(LAYOUT.length).fill(0n) }

/** @throws RangeError when the two are of different layouts */
export const merge = (a: Aggregate, b: Aggregate): Aggregate => combine(a, b, 1)

/** Takes what was merged out again, for a photo that must be forgotten: it leaves no trace. */
export const subtract = (a: Aggregate, b: Aggregate): Aggregate => combine(a, b, -1)

function combine(a: Aggregate, b: Aggregate, sign: 1 | -1): Aggregate {
  if (a.sums.length !== b.sums.length) {
    throw new RangeError(`aggregates of ${a.sums.length} and ${b.sums.length} sums are of different layouts`)
  }
  const factor = BigInt(sign)
  return { targets: a.targets + sign * b.targets, sums: a.sums.map((sum, i) => sum + factor * b.sums[i]!) }
}

/** Means over the targets that have the quantity; null where none has. */
export interface AggregateMeans extends Readonly<Record<MeanName, number | null>> {
  readonly targets: number
  /**
   * The mean map in box coordinates, [cells, cells] row-major with row 0 at the top: each cell's share of a map's
   * absolute evidence, signed; null when no map had any.
   */
  readonly map: Float64Array | null
}

/** @throws RangeError when the sums are not of this layout */
export function readAggregate(sums: readonly bigint[], targets: number): AggregateMeans {
  if (sums.length !== LAYOUT.length) {
    throw new RangeError(`an aggregate has ${LAYOUT.length} sums, these are ${sums.length}`)
  }
  const countOf = (name: MeanName) => Number(sums[2 * LAYOUT.means.indexOf(name) + 1]!)
  const meanOf = (sum: bigint, count: number) => Number(sum) / LAYOUT.scale / count
  const means = Object.fromEntries(
    LAYOUT.means.map((name, i) => [name, countOf(name) > 0 ? meanOf(sums[2 * i]!, countOf(name)) : null]),
  ) as Record<MeanName, number | null>
  const maps = countOf('boxShare')
  const cells = sums.slice(LAYOUT.map.offset)
  return { ...means, targets, map: maps > 0 ? Float64Array.from(cells, (sum) => meanOf(sum, maps)) : null }
}
