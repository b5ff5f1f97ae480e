import { type AttributionRecord, sha256 } from '@fanlight/contracts'
import { inBoxEnergy } from '@fanlight/evaluate'
import { encodeNpy } from '@fanlight/image/npy'
import type { Attribution, Explained } from './explainer.ts'
import { isLossTerm } from './words.ts'

/** Above this share of its value without any evidence, a target is called unexplainable (docs/spec/explainers.md). */
const UNEXPLAINABLE_ABOVE = 0.2

/** What is stored of an attribution, and its map as the NPY file that the record names by hash. Both follow from the attribution alone. */
export function recordOf(
  made: Attribution,
  { width, height }: Explained,
): { record: AttributionRecord; mapBytes: Uint8Array } {
  const { target, map, forwards, fullValue, emptyValue, stability, priorShare, gradient } = made
  const mapBytes = encodeNpy(map.data, [map.height, map.width])
  const record: AttributionRecord = {
    target,
    map: { sha256: sha256(mapBytes), shape: [map.height, map.width] },
    forwards,
    fullValue,
    emptyValue,
    unexplainable: isUnexplainable(made),
    stability,
    priorShare,
    inBoxEnergy: inBoxEnergy(map, target.box, { width, height }),
    ...(gradient && { gradient: { ...gradient, layers: [...gradient.layers] } }),
  }
  return { record, mapBytes }
}

/** A loss is worse without evidence: it says nothing of the kind. */
function isUnexplainable({ target, fullValue, emptyValue }: Attribution): boolean | null {
  if (fullValue === null || emptyValue === null || isLossTerm(target.objective)) return null
  return emptyValue > UNEXPLAINABLE_ABOVE * fullValue
}
