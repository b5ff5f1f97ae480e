import type { AttributionRecord, Box, Target } from '@fanlight/contracts'
import { type CellMap, grownBox, type ImageSize, inBoxEnergy, massIn } from '@fanlight/evaluate'
import type { AggregateDelta } from '@fanlight/ports'
import { inBoxCoordinates } from './box-coordinates.ts'
import { LAYOUT, type MeanName } from './layout.ts'

export type CountedRecord = Pick<AttributionRecord, 'target' | 'stability' | 'unexplainable'>

/**
 * What one target adds to its job's aggregates: to that of its class, and to that of all. Follows from the record and
 * its map alone.
 * @param map over the whole image
 * @param image in pixels
 */
export function deltasOf(record: CountedRecord, map: CellMap, image: ImageSize): AggregateDelta[] {
  const sums = sumsOf(record, map, image)
  return keysOf(record.target).map((key) => ({ key, sums }))
}

/** Maps of different objectives answer different questions: those of the ordinary one are counted under plain keys. */
function keysOf({ objective, label }: Target): string[] {
  if (objective === 'score') return ['all', `class=${label}`]
  return [`objective=${objective}`, `objective=${objective} class=${label}`]
}

function sumsOf({ target, stability, unexplainable }: CountedRecord, map: CellMap, image: ImageSize): bigint[] {
  const total = massIn(map, 'absolute', image)
  const shares = total > 0 ? sharesOf(map, target.box, image, total) : NO_SHARES
  const means: Record<MeanName, number | null> = {
    score: target.score,
    unexplainable: unexplainable === null ? null : Number(unexplainable),
    stability,
    inBoxEnergy: inBoxEnergy(map, target.box, image),
    ...shares,
  }
  const cells = inBoxCoordinates(map, target.box, image, LAYOUT.map)
  return [
    ...LAYOUT.means.flatMap((name) => counted(means[name])),
    ...Array.from(cells, (mass) => (total > 0 ? scaled(mass / total) : 0n)),
  ]
}

const NO_SHARES = { boxShare: null, ringShare: null, farShare: null }

/** Of all absolute evidence. */
function sharesOf(map: CellMap, box: Box, image: ImageSize, total: number) {
  const boxShare = massIn(map, 'absolute', image, box) / total
  const nearShare = massIn(map, 'absolute', image, grownBox(box, LAYOUT.ringGrowth)) / total
  return { boxShare, ringShare: nearShare - boxShare, farShare: 1 - nearShare }
}

const counted = (value: number | null) => (value === null ? [0n, 0n] : [scaled(value), 1n])
const scaled = (value: number) => BigInt(Math.round(value * LAYOUT.scale))
