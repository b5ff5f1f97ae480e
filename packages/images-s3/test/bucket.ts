import { randomUUID } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { sha256 } from '@fanlight/contracts'
import type { Peer } from '@fanlight/peers'
import { ObjectStorage, type S3Options } from '@fanlight/s3'

/** A bucket of its own, with what was put into it. */
export class Bucket implements AsyncDisposable {
  readonly name = `fanlight-${randomUUID()}`
  readonly uri = `s3://${this.name}`
  readonly options: S3Options
  readonly #storage: ObjectStorage
  readonly #isOurs: boolean

  constructor({ url, env, server }: Peer) {
    this.#isOurs = server !== undefined
    const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! }
    this.options = { endpoint: url, region: env.AWS_REGION, credentials }
    this.#storage = new ObjectStorage(this.options)
  }

  static async make(peer: Peer): Promise<Bucket> {
    const bucket = new Bucket(peer)
    await bucket.#storage.createBucket(bucket.name)
    return bucket
  }

  /** The server comes to know its SHA-256. */
  async write(key: string, content: string | Uint8Array = key): Promise<void> {
    const bytes = Buffer.from(content)
    await this.#storage.put(this.name, key, bytes, { sha256: sha256(bytes) })
  }

  /** As most programs write, without a checksum. */
  async writePlainly(key: string, content: string | Uint8Array = key): Promise<void> {
    const { endpoint = '', region = '', credentials } = this.options
    const requestChecksumCalculation = 'WHEN_REQUIRED'
    const client = new S3Client({
      endpoint,
      region,
      credentials: credentials!,
      forcePathStyle: true,
      requestChecksumCalculation,
    })
    await client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: Buffer.from(content) }))
    client.destroy()
  }

  async delete(key: string): Promise<void> {
    await this.#storage.delete(this.name, key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server of our own goes with all that is in it.
    if (!this.#isOurs) {
      const objects = await Array.fromAsync(this.#storage.list(this.name))
      await Promise.all(objects.map(({ key }) => this.delete(key)))
    }
    this.#storage[Symbol.dispose]()
  }
}
