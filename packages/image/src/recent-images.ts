import type { ImageRef } from '@fanlight/contracts'
import type { ImageSource } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

/** However small they are: each costs more than its bytes. */
const MAX_KEPT = 256

export interface RecentImagesOptions {
  /** Memory for the bytes of images read recently: the shards of a question come one after the other. @default 16 MiB */
  readonly recentBytes?: number | undefined
  /** Reads and checks: what it gives has the hash of the reference. */
  readonly read: (ref: ImageRef) => Promise<Uint8Array>
}

/** A source before which the last images stand ready. Reads of one image at the same time are one. */
export function recentImages({ recentBytes = 2 ** 24, read }: RecentImagesOptions): ImageSource {
  const recent = new LRUCache<string, Uint8Array>({
    max: MAX_KEPT,
    maxSize: Math.max(1, recentBytes),
    sizeCalculation: ({ byteLength }) => Math.max(1, byteLength),
  })
  const reading = new Map<string, Promise<Uint8Array>>()
  return {
    async read(ref) {
      const held = recent.get(ref.sha256)
      if (held) return held
      const id = `${ref.sha256} ${ref.uri}`
      const running =
        reading.get(id) ??
        read(ref)
          .then(owned)
          .finally(() => reading.delete(id))
      reading.set(id, running)
      const bytes = await running
      if (!recent.has(ref.sha256)) recent.set(ref.sha256, bytes)
      return bytes
    },
  }
}

/** A small view of a socket's large buffer would keep all of that. */
const owned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
