import { randomUUID } from 'node:crypto'
import { type S3Artifacts, type S3ArtifactsOptions, s3Artifacts } from '@fanlight/artifacts-s3'
import { sha256 } from '@fanlight/contracts'
import type { Peer } from '@fanlight/peers'
import { ObjectStorage, type S3Options } from '@fanlight/s3'

export function optionsOf({ url, env }: Peer): S3Options {
  return {
    endpoint: url,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
  }
}

/** A bucket of its own, and hands on the objects in it that do not go through the store. */
export class Bucket implements AsyncDisposable {
  readonly name = `fanlight-${randomUUID()}`
  readonly storage: ObjectStorage
  readonly #options: S3Options
  readonly #isOurs: boolean
  readonly #opened: S3Artifacts[] = []

  constructor(peer: Peer) {
    this.#options = optionsOf(peer)
    this.#isOurs = peer.server !== undefined
    this.storage = new ObjectStorage(this.#options)
  }

  static async make(peer: Peer): Promise<Bucket> {
    const bucket = new Bucket(peer)
    await bucket.storage.createBucket(bucket.name)
    return bucket
  }

  artifacts(options: Partial<S3ArtifactsOptions> = {}): S3Artifacts {
    const store = s3Artifacts({ ...this.#options, bucket: this.name, ...options })
    this.#opened.push(store)
    return store
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.storage.put(this.name, path, bytes, { sha256: sha256(bytes) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server of our own goes with all that is in it.
    if (!this.#isOurs) {
      const objects = await Array.fromAsync(this.storage.list(this.name))
      await Promise.all(objects.map(({ key }) => this.storage.delete(this.name, key)))
    }
    for (const store of this.#opened) await store[Symbol.asyncDispose]()
    this.storage[Symbol.dispose]()
  }
}
