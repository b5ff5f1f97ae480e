import { sha256 } from '@fanlight/contracts'
import { type ArtifactStore, InputError, isFanlightError } from '@fanlight/ports'
import { ObjectStorage, type S3Options, StorageError } from '@fanlight/s3'

export interface S3ArtifactsOptions extends S3Options {
  readonly bucket: string
  /** In front of every key, with its slash if it is to have one. Keys that begin with it and an artifact's path are ours. */
  readonly prefix?: string | undefined
  /** Makes the bucket when `check` finds none: for trying on one's own machine. @default false */
  readonly createBucket?: boolean | undefined
  /** No artifact is larger: neither is one put, nor are more bytes read. @default 1 GiB */
  readonly maxBytes?: number | undefined
}

export interface S3Artifacts extends ArtifactStore {
  /**
   * Whether bucket, credentials and endpoint will do: to be asked at start, and whenever the service is asked how it is.
   * @throws TransientError `ARTIFACTS_UNAVAILABLE`
   */
  check(): Promise<void>
}

const KEY = /^[0-9a-f]{64}$/

/**
 * Artifacts as objects `PREFIXab/abcdef…` of a bucket: the layout of `folderArtifacts`. Connects to nothing before it is
 * used. Every method rejects with TransientError `ARTIFACTS_UNAVAILABLE` when the bucket cannot be used.
 */
export function s3Artifacts(options: S3ArtifactsOptions): S3Artifacts {
  const { bucket, prefix = '', createBucket = false, maxBytes = 2 ** 30 } = options
  const storage = new ObjectStorage(options)
  const pathOf = (key: string) => `${prefix}${key.slice(0, 2)}/${checked(key)}`

  /** @throws InputError `ARTIFACT_CORRUPT` when there are more bytes than the limit */
  async function read(key: string, limit: number): Promise<Buffer | undefined> {
    using object = await storage.open(bucket, pathOf(key))
    const refuse = (bytes: number) => corrupt(key, `has ${bytes} bytes or more, which were never put`)
    return object && Buffer.concat(await Array.fromAsync(object.chunks({ maxBytes: limit, refuse })))
  }

  function corrupt(key: string, what: string): InputError {
    const remedy = 'putting the same bytes again repairs it (--fresh makes them again)'
    return new InputError('ARTIFACT_CORRUPT', `s3://${bucket}/${pathOf(key)} ${what}: ${remedy}`)
  }

  async function holds(key: string, bytes: Uint8Array): Promise<boolean> {
    try {
      return (await read(key, bytes.byteLength))?.equals(bytes) ?? false
    } catch (error) {
      if (isFanlightError(error) && error.code === 'ARTIFACT_CORRUPT') return false
      throw error
    }
  }

  return {
    async check() {
      try {
        await storage.check(bucket)
      } catch (error) {
        if (!createBucket || !(error instanceof StorageError) || error.reason !== 'NoSuchBucket') throw error
        await storage.createBucket(bucket)
      }
    },

    async put(bytes) {
      if (bytes.byteLength > maxBytes) throw tooLarge(bytes.byteLength, maxBytes)
      const key = sha256(bytes)
      if (await storage.put(bucket, pathOf(key), bytes, { sha256: key, ifAbsent: true })) return key
      // Compared, not only looked for: the same bytes again repair what was damaged.
      if (!(await holds(key, bytes))) await storage.put(bucket, pathOf(key), bytes, { sha256: key })
      return key
    },

    async get(key) {
      const bytes = await read(key, maxBytes)
      if (!bytes) throw new InputError('ARTIFACT_NOT_FOUND', `there is no artifact ${key} in the bucket ${bucket}`)
      if (sha256(bytes) === key) return bytes
      throw corrupt(key, 'no longer has its hash')
    },

    async has(key) {
      return (await storage.head(bucket, pathOf(key))) !== undefined
    },

    async delete(key) {
      await storage.delete(bucket, pathOf(key))
    },

    async *list() {
      for await (const { key: path } of storage.list(bucket, { prefix })) {
        const key = path.slice(-64)
        if (KEY.test(key) && path === pathOf(key)) yield key
      }
    },

    async [Symbol.asyncDispose]() {
      storage[Symbol.dispose]()
    },
  }
}

function checked(key: string): string {
  if (KEY.test(key)) return key
  const shown = JSON.stringify(String(key).slice(0, 80))
  throw new InputError('ARTIFACT_NOT_FOUND', `${shown} is no artifact's key: one is 64 lower-case hex digits`)
}

function tooLarge(bytes: number, maxBytes: number): InputError {
  const message = `an artifact of ${bytes} bytes is above the limit of ${maxBytes}: raise maxBytes, everywhere`
  return new InputError('CONFIGURATION_INVALID', message)
}
