import { type AttributionRecord, type MapRef, sha256 } from '@fanlight/contracts'
import { inBoxEnergy } from '@fanlight/evaluate'
import { encodeNpy } from '@fanlight/image/npy'
import { doubtLimits, doubtsOf, keptWhenEmpty } from './doubts.ts'
import type { Attribution, EvidenceMap, Explained } from './explainer.ts'

/** What is stored of an attribution, and the NPY files that the record names by hash. All of it follows from the attribution alone. */
export function recordOf(
  made: Attribution,
  { width, height }: Explained,
): { record: AttributionRecord; files: readonly Uint8Array[] } {
  const { target, map, forwards, fullValue, emptyValue, stability, priorShare, interval, gradient } = made
  const stored = fileOf(map, map.data)
  const halfWidths = interval && fileOf(map, interval.halfWidths)
  const record: AttributionRecord = {
    target,
    map: stored.ref,
    ...(interval && halfWidths && { interval: { map: halfWidths.ref, level: interval.level } }),
    forwards,
    fullValue,
    emptyValue,
    unexplainable: isUnexplainable(made),
    stability,
    priorShare,
    inBoxEnergy: inBoxEnergy(map, target.box, { width, height }),
    ...(gradient && { gradient: { ...gradient, layers: [...gradient.layers] } }),
    ...(made.fit && { fit: made.fit }),
    ...(made.unmoved !== undefined && { unmoved: made.unmoved }),
    doubts: doubtsOf(made),
    ...(made.evaluation && { evaluation: made.evaluation }),
  }
  return { record, files: [stored.bytes, ...(halfWidths ? [halfWidths.bytes] : [])] }
}

function fileOf({ height, width }: EvidenceMap, data: Float32Array): { ref: MapRef; bytes: Uint8Array } {
  const bytes = encodeNpy(data, [height, width])
  return { ref: { sha256: sha256(bytes), shape: [height, width] }, bytes }
}

function isUnexplainable(made: Attribution): boolean | null {
  const kept = keptWhenEmpty(made)
  return kept === null ? null : kept > doubtLimits['scores-when-empty']
}
