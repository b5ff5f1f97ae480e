import type { DetectorRef } from '@fanlight/contracts'
import { type Inspector, type KernelPicture, modelFileOf, type NetworkInspection } from '@fanlight/inspect'
import type { ArtifactStore } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'
import { looksIntoNothing } from './problem.ts'

export type Inspect = Pick<Inspector, 'network' | 'kernels' | 'dream'>

export interface KernelsAsked {
  readonly layer: string
  readonly scale: 'layer' | 'filter'
}

/** Networks with some hundred layers take some hundred kilobytes each. */
const MAX_NETWORKS = 20
const MAX_PICTURE_BYTES = 32 * 2 ** 20

/** Networks by their detector's id, under which a file never changes; one that several ask for is read once. */
export function networkCache({ inspect, artifacts }: { inspect?: Inspect | undefined; artifacts: ArtifactStore }) {
  const networks = new LRUCache<string, NetworkInspection, DetectorRef>({
    max: MAX_NETWORKS,
    fetchMethod: (_id, _stale, { context }) => inspecting().network(modelFileOf(context, artifacts)),
  })
  const pictures = new LRUCache<string, KernelPicture, KernelsAsked & { readonly detector: DetectorRef }>({
    maxSize: MAX_PICTURE_BYTES,
    sizeCalculation: ({ png }) => png.byteLength + 1000,
    fetchMethod: (_key, _stale, { context: { detector, ...asked } }) => {
      const { channels } = detector.descriptor.preprocess
      return inspecting().kernels(modelFileOf(detector, artifacts), { ...asked, channels })
    },
  })

  const inspecting = () => inspect ?? looksIntoNothing()

  return {
    /** @throws InputError `MODEL_*`, `ARTIFACT_*`; TransientError `WORKER_*` */
    network: (detector: DetectorRef): Promise<NetworkInspection> =>
      networks.forceFetch(detector.id, { context: detector }),
    /** @throws as `network`, and InputError `NOT_FOUND`, `USAGE` */
    kernels: (detector: DetectorRef, asked: KernelsAsked): Promise<KernelPicture> =>
      pictures.forceFetch(JSON.stringify([detector.id, asked.layer, asked.scale]), { context: { ...asked, detector } }),
  }
}
