import { digits, share } from '@fanlight/network/words'
import type { LayerWeightsView, NetworkView } from '../api.ts'
import { positiveShare } from '../layer-rows.ts'
import { percent, visible, whole } from '../words.ts'
import { NumberRow } from './number-row.tsx'

const MAX_NAMES = 12

/** Why a layer has no figures of weights. */
export function Unread({ network: { weights }, layer }: { network: NetworkView; layer: string }) {
  const reason = weights.unread.find((one) => one.layer === layer)?.reason
  return (
    <NumberRow name="weights" value={reason ? 'not read' : 'none'}>
      {reason ? visible(reason) : 'it computes without any'}
    </NumberRow>
  )
}

/** A layer's weights in figures, each with what it says. */
export function Weights({ weights }: { weights: LayerWeightsView }) {
  const { shape, count, notFinite, min, max, mean, deviation, l1, l2, nearZeroShare, filters, deadFilters, dead } =
    weights
  const { duplicateFilters, duplicates } = weights
  return (
    <>
      <NumberRow name="weights" value={whole(count)}>
        {shape.join(' × ')} numbers
        {notFinite > 0 && `; ${whole(notFinite)} of them are not finite, and in no figure here`}
      </NumberRow>
      <NumberRow name="range" value={`${digits(min)} to ${digits(max)}`}>
        the lowest and the highest
      </NumberRow>
      <NumberRow name="mean, spread" value={`${digits(mean)}, ${digits(deviation)}`}>
        where they lie, and their standard deviation
      </NumberRow>
      <NumberRow name="L1, L2" value={`${digits(l1)}, ${digits(l2)}`}>
        all magnitudes added, and the root of all squares added
      </NumberRow>
      <NumberRow name="positive" value={percent(positiveShare(weights))}>
        of all magnitude is above zero
      </NumberRow>
      <NumberRow name="near zero" value={share(nearZeroShare, 1)}>
        of the weights are below a thousandth of the largest
      </NumberRow>
      <NumberRow name="dead filters" value={`${whole(deadFilters)} of ${whole(filters)}`}>
        {deadFilters > 0 ? `all near zero: ${few(dead)}` : 'none is near zero as a whole'}
      </NumberRow>
      <NumberRow name="duplicates" value={duplicateFilters === null ? 'not asked' : whole(duplicateFilters)}>
        {duplicateFilters === null
          ? 'filters of so few weights look alike by chance'
          : duplicateFilters > 0
            ? `the same but for their strength: ${few(duplicates.map((set) => set.join(' = ')))}`
            : 'no two filters are the same but for their strength'}
      </NumberRow>
    </>
  )
}

const few = (names: readonly (number | string)[]) =>
  names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(', ')} …` : names.join(', ')
