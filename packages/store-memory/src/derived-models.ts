import { checkId, type Store } from '@fanlight/ports'
import type { State } from './state.ts'

type DerivedModelMethods = Pick<Store, 'getDerivedModel' | 'putDerivedModel'>

export const derivedModelMethods = ({ derivedModels, clock }: State): DerivedModelMethods => ({
  async getDerivedModel(key) {
    return derivedModels.get(key)?.artifact
  },

  async putDerivedModel(key, artifact) {
    derivedModels.set(checkId(key), { artifact, putAt: clock.now() })
  },
})
