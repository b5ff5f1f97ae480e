import { Buffer } from 'node:buffer'
import type { _Object as S3Object } from '@aws-sdk/client-s3'
import { InputError } from '@fanlight/ports'

export interface ListedObject {
  readonly key: string
  readonly bytes: number
  /** Whether `head` will tell the SHA-256 of the whole. */
  readonly hasSha256: boolean
  /** Whether the key may be relied on: servers put U+FFFD for what they cannot write. */
  readonly isExact: boolean
}

export function listed({ Size = 0, ChecksumAlgorithm, ChecksumType }: S3Object, key: string): ListedObject {
  const hasSha256 = ChecksumType === 'FULL_OBJECT' && (ChecksumAlgorithm ?? []).includes('SHA256')
  return { key, bytes: Size, hasSha256, isExact: !key.includes('\ufffd') }
}

/**
 * A key as the page holds it: with the `url` encoding, which not every server does though it is asked to, a form's
 * (a space is `+`). What is no UTF-8 becomes U+FFFD.
 */
export function decodedKey(key: string, encoding: string | undefined): string {
  if (encoding !== 'url') return key
  const bytes: Buffer[] = []
  for (const [part] of key.replaceAll('+', ' ').matchAll(/(?:%[0-9a-f]{2})+|%|[^%]+/gi)) {
    bytes.push(part.length > 2 && part[0] === '%' ? Buffer.from(part.replaceAll('%', ''), 'hex') : Buffer.from(part))
  }
  return Buffer.concat(bytes).toString()
}

/** Sees to it that keys ascend: on that rests whoever goes on after the last one. */
export class Order {
  readonly #bucket: string
  #last = ''

  constructor(bucket: string) {
    this.#bucket = bucket
  }

  /** @throws InputError `CONFIGURATION_INVALID` */
  check(key: string): void {
    if (key.includes('\ufffd')) return
    if (this.#last && Buffer.compare(Buffer.from(this.#last), Buffer.from(key)) >= 0) {
      const remedy = 'use a general-purpose bucket (directory buckets of S3 Express do this)'
      const message = `the bucket ${JSON.stringify(this.#bucket)} lists its keys in no order: ${remedy}`
      throw new InputError('CONFIGURATION_INVALID', message)
    }
    this.#last = key
  }
}
