import { sha256 } from '@fanlight/contracts'
import { type ArtifactStore, InputError } from '@fanlight/ports'

/** Artifacts in a map, each kept as the bytes it was put as. */
export function memoryArtifacts(): ArtifactStore {
  const all = new Map<string, Uint8Array>()
  return {
    async put(bytes) {
      const key = sha256(bytes)
      all.set(key, Uint8Array.from(bytes))
      return key
    },
    async get(key) {
      const bytes = all.get(key)
      if (!bytes) throw new InputError('ARTIFACT_NOT_FOUND', `no artifact ${key}`)
      return bytes
    },
    has: async (key) => all.has(key),
    delete: async (key) => void all.delete(key),
    async *list() {
      yield* [...all.keys()].sort()
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
