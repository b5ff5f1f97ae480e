import type { Sha256 } from '@fanlight/contracts'
import type { ArtifactStore, Store } from '@fanlight/ports'

/** Where processes find what others built of a detector. Nothing depends on it: what is not found is built anew. */
export interface DerivedModels {
  get(key: Sha256): Promise<Uint8Array | undefined>
  put(key: Sha256, bytes: Uint8Array): Promise<void>
}

export interface DerivedModelsOptions {
  readonly store: Pick<Store, 'getDerivedModel' | 'putDerivedModel'>
  readonly artifacts: Pick<ArtifactStore, 'get' | 'put'>
  /** Told of what could not be read or kept; the work goes on. */
  readonly onTrouble: (error: unknown) => void
}

/** Among the artifacts, for every process of every machine; clause S50 of docs/spec/store.md. */
export function derivedModels({ store, artifacts, onTrouble }: DerivedModelsOptions): DerivedModels {
  return {
    async get(key) {
      try {
        const artifact = await store.getDerivedModel(key)
        return artifact === undefined ? undefined : await artifacts.get(artifact)
      } catch (error) {
        onTrouble(error)
        return undefined
      }
    },

    async put(key, bytes) {
      try {
        await store.putDerivedModel(key, await artifacts.put(bytes))
      } catch (error) {
        onTrouble(error)
      }
    },
  }
}
