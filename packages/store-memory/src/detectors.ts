import type { DetectorRef } from '@fanlight/contracts'
import { checkId, type Store, storable } from '@fanlight/ports'
import { type Order, pageOf } from './paging.ts'
import { keyOf, type State } from './state.ts'

type DetectorMethods = Pick<Store, 'putDetector' | 'getDetector' | 'listDetectors'>

export function registerDetector({ detectors }: State, project: string, detector: DetectorRef): void {
  const ref = { ...detector, name: storable(detector.name) }
  detectors.set(keyOf(project, checkId(detector.id)), { project, ref })
}

export const detectorMethods = (state: State): DetectorMethods => ({
  async putDetector(project, detector) {
    registerDetector(state, project, detector)
  },

  async getDetector(project, id) {
    return state.detectors.get(keyOf(project, id))?.ref
  },

  async listDetectors(project, paging) {
    const own = [...state.detectors.values()].filter((registered) => registered.project === project)
    return pageOf(
      own.map(({ ref }) => ref),
      paging,
      byName,
    )
  },
})

const byName: Order<DetectorRef> = { keysOf: ({ name, id }) => [name, id], types: ['string', 'string'] }
