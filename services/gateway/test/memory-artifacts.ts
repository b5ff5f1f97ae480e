import { sha256 } from '@fanlight/contracts'
import { type ArtifactStore, InputError } from '@fanlight/ports'

/** Artifacts in a Map. */
export function memoryArtifacts(): ArtifactStore {
  const kept = new Map<string, Uint8Array>()
  return {
    async put(bytes) {
      const key = sha256(bytes)
      kept.set(key, bytes)
      return key
    },
    async get(key) {
      const bytes = kept.get(key)
      if (!bytes) throw new InputError('ARTIFACT_NOT_FOUND', `there is no artifact ${key}`)
      return bytes
    },
    has: async (key) => kept.has(key),
    async delete(key) {
      kept.delete(key)
    },
    async *list() {
      yield* [...kept.keys()].sort()
    },
    async [Symbol.asyncDispose]() {},
  }
}
