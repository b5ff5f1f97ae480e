import type { Readable } from 'node:stream'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2Output,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { decodedKey, type ListedObject, listed, Order } from './listing.ts'
import { OpenObject } from './open-object.ts'
import { Permits } from './permits.ts'
import { type Place, reasonOf, StorageError } from './storage-error.ts'

export type { ListedObject } from './listing.ts'

/** What is left out is found as every program of AWS finds it: `AWS_*` variables, profiles, the role of the machine. */
export interface S3Options {
  /** Of any server that speaks S3, as `http://127.0.0.1:9000`. @default AWS */
  readonly endpoint?: string | undefined
  /** @default with an endpoint `AWS_REGION` or us-east-1 */
  readonly region?: string | undefined
  /** `host/bucket/key` instead of `bucket.host/key`. @default true with an endpoint */
  readonly forcePathStyle?: boolean | undefined
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined
  /** Until a connection stands. @default 5,000 */
  readonly connectMs?: number | undefined
  /** Of one try: until the answer begins, and afterwards without a byte. @default 30,000 */
  readonly requestMs?: number | undefined
  /** Tries of a request that failed for no fault of its own. @default 4, within about 2 s when none waits */
  readonly maxAttempts?: number | undefined
  /** Connections at once; further requests wait. @default 32 */
  readonly maxSockets?: number | undefined
}

export interface PutOptions {
  /** In hex. The server checks that it has received these bytes, and keeps it. */
  readonly sha256: string
  /** Nothing is written over. */
  readonly ifAbsent?: boolean
}

export interface ListOptions {
  readonly prefix?: string
  /** Keys up to this one are left out. */
  readonly after?: string
  /** @default 1,000, which is the most that S3 gives */
  readonly pageKeys?: number
}

/** The condition was not met, is not known to this server, or met another write in progress. */
const CONDITION_FAILED = new Set([409, 412, 501])
/** A server that will not have the bytes may close the connection upon them, so that its answer is lost. */
const HUNG_UP = new Set(['ECONNRESET', 'EPIPE'])

/**
 * Objects in buckets of one server that speaks S3. Each method is one request (`list`: one a page), with limits on time,
 * tries and sockets; whatever hinders it is a `StorageError` (`ARTIFACTS_UNAVAILABLE`) that names bucket and endpoint.
 */
export class ObjectStorage implements Disposable {
  readonly #client: S3Client
  readonly #endpoint: string
  readonly #permits: Permits

  constructor(options: S3Options = {}) {
    const { endpoint, credentials, connectMs = 5000, requestMs = 30_000, maxAttempts = 4, maxSockets = 32 } = options
    const region = options.region ?? (endpoint && (process.env.AWS_REGION || 'us-east-1'))
    this.#endpoint = shown(endpoint)
    // Ahead of the agent's own queue, in which the time limits would run already.
    this.#permits = new Permits(maxSockets)
    this.#client = new S3Client({
      ...(endpoint && { endpoint }),
      ...(region && { region }),
      ...(credentials && { credentials }),
      forcePathStyle: options.forcePathStyle ?? Boolean(endpoint),
      // Not every server knows the checksums that the SDK adds by default; ours are in the keys.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts,
      // For that the SDK would open a socket beside those it is allowed.
      expectContinueHeader: false,
      requestHandler: {
        connectionTimeout: connectMs,
        requestTimeout: requestMs,
        throwOnRequestTimeout: true,
        socketTimeout: requestMs,
        httpAgent: { keepAlive: true, maxSockets },
        httpsAgent: { keepAlive: true, maxSockets },
      },
    })
  }

  /**
   * Asks for a page of one key: this tells what is wrong with bucket, credentials, region and endpoint, which the
   * answers to HEAD do not.
   */
  async check(bucket: string): Promise<void> {
    await this.#send(bucket, () => this.#client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })))
  }

  /** Nothing happens when it is there and ours. */
  async createBucket(bucket: string): Promise<void> {
    try {
      await this.#send(bucket, () => this.#client.send(new CreateBucketCommand({ Bucket: bucket })))
    } catch (error) {
      if (!(error instanceof StorageError) || error.reason !== 'BucketAlreadyOwnedByYou') throw error
    }
  }

  /** @returns whether it was written: false when `ifAbsent` was asked for and the object may be there already */
  async put(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    { sha256, ifAbsent = false }: PutOptions,
  ): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: bytes,
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      ...(ifAbsent && { IfNoneMatch: '*' }),
    })
    return this.#send(bucket, async () => {
      try {
        await this.#client.send(command)
        return true
      } catch (error) {
        if (ifAbsent && (CONDITION_FAILED.has(statusOf(error)) || HUNG_UP.has(reasonOf(error)))) return false
        throw error
      }
    })
  }

  /** @returns undefined when there is none */
  async open(bucket: string, key: string, { signal }: { signal?: AbortSignal } = {}): Promise<OpenObject | undefined> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key })
    using permits = new DisposableStack()
    const permit = permits.use(await this.#permits.take())
    try {
      const { Body, ContentLength } = await this.#client.send(command, signal && { abortSignal: signal })
      const object = new OpenObject(Body as Readable, ContentLength, this.#place(bucket), permit)
      permits.move()
      return object
    } catch (error) {
      if (reasonOf(error) === 'NoSuchKey') return undefined
      throw new StorageError(error, this.#place(bucket))
    }
  }

  /** @returns undefined when there is none; `sha256` in hex, when the server keeps it */
  async head(
    bucket: string,
    key: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<{ readonly bytes: number | undefined; readonly sha256?: string } | undefined> {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' })
    const head = await this.#send(bucket, async () => {
      try {
        return await this.#client.send(command, signal && { abortSignal: signal })
      } catch (error) {
        if (statusOf(error) !== 404) throw error
      }
    })
    // Without a body a 404 may as well mean the bucket, or the one who asks.
    if (!head) return this.check(bucket).then(() => undefined)
    const sha256 = head.ChecksumType === 'FULL_OBJECT' ? hexOf(head.ChecksumSHA256) : undefined
    return { bytes: head.ContentLength, ...(sha256 && { sha256 }) }
  }

  /** Nothing happens when there is none. */
  async delete(bucket: string, key: string): Promise<void> {
    await this.#send(bucket, () => this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })))
  }

  /**
   * In ascending order of the keys' UTF-8 bytes, a page in memory at a time.
   * @throws InputError `CONFIGURATION_INVALID` when the server gives them in another order, as S3 Express does
   */
  async *list(bucket: string, { prefix, after, pageKeys = 1000 }: ListOptions = {}): AsyncGenerator<ListedObject> {
    const order = new Order(bucket)
    let token: string | undefined
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        MaxKeys: pageKeys,
        // Keys may hold what XML cannot.
        EncodingType: 'url',
        ...(prefix && { Prefix: prefix }),
        ...(token ? { ContinuationToken: token } : after && { StartAfter: after }),
      })
      const page: ListObjectsV2Output = await this.#send(bucket, () => this.#client.send(command))
      for (const object of page.Contents ?? []) {
        const found = listed(object, decodedKey(object.Key ?? '', page.EncodingType))
        order.check(found.key)
        yield found
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
      if (page.IsTruncated && !token)
        throw new StorageError(new Error('a page without its successor'), this.#place(bucket))
    } while (token)
  }

  [Symbol.dispose](): void {
    this.#client.destroy()
  }

  async #send<T>(bucket: string, request: () => Promise<T>): Promise<T> {
    using _permit = await this.#permits.take()
    try {
      return await request()
    } catch (error) {
      throw new StorageError(error, this.#place(bucket))
    }
  }

  #place(bucket: string): Place {
    return { bucket, endpoint: this.#endpoint }
  }
}

function statusOf(error: unknown): number {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
  return $metadata?.httpStatusCode ?? 0
}

/** Without name and password, which a URL may carry. */
function shown(endpoint = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL): string {
  if (!endpoint) return 'AWS'
  return URL.canParse(endpoint) ? new URL(endpoint).origin : 'an endpoint that is no URL'
}

function hexOf(base64: string | undefined): string | undefined {
  const digest = Buffer.from(base64 ?? '', 'base64')
  return digest.length === 32 ? digest.toString('hex') : undefined
}
