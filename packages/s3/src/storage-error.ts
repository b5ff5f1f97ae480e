import { S3ServiceException } from '@aws-sdk/client-s3'
import { TransientError } from '@fanlight/ports'

/** Where a request went. */
export interface Place {
  readonly bucket: string
  /** Without credentials: it is shown. */
  readonly endpoint: string
}

/** The storage could not be asked, or would not answer. The SDK has tried again by itself, where that may help. */
export class StorageError extends TransientError {
  /** S3's code (`NoSuchBucket`, `AccessDenied`, …) or the system's (`ECONNREFUSED`, …). */
  readonly reason: string

  constructor(cause: unknown, place: Place) {
    const reason = reasonOf(cause)
    super('ARTIFACTS_UNAVAILABLE', messageOf(reason, cause, place), { cause })
    this.reason = reason
  }
}

/** Answers that name the trouble without a body, as those to HEAD, by their status. */
const BY_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  503: 'SlowDown',
}

const NAMELESS = new Set(['Error', 'Unknown', 'UnknownError', 'S3ServiceException', ''])

/** S3's code for an error of the SDK, the system's code, or its name. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown'
  const { code, $metadata } = error as Error & {
    readonly code?: string
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  if (code && /^E[A-Z]+$/.test(code)) return code
  // STS and others, asked for credentials, refuse with names that S3 has too.
  if ('$fault' in error && !(error instanceof S3ServiceException)) return 'CredentialsProviderError'
  if (!NAMELESS.has(error.name)) return error.name
  const status = $metadata?.httpStatusCode
  return (status && (BY_STATUS[status] ?? `HTTP ${status}`)) || code || error.name
}

const CREDENTIALS = 'check the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or the role of this machine)'
const REGION = 'check the region (AWS_REGION)'
const REACH = 'check the endpoint, that the server is up, and the network between'
const CERTIFICATE = 'its certificate is not trusted: name the CA in NODE_EXTRA_CA_CERTS'
const LOAD = 'the server is overloaded or in trouble: it is tried again'

const REMEDIES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket: create it, or check its name, the endpoint and the region',
  InvalidBucketName: 'the name is no bucket’s: check it',
  AccessDenied: 'the credentials may not do this: allow s3:GetObject, PutObject, DeleteObject and ListBucket on it',
  InvalidAccessKeyId: CREDENTIALS,
  XAdminUserNotFound: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  CredentialsProviderError: CREDENTIALS,
  Unauthorized: CREDENTIALS,
  Forbidden: CREDENTIALS,
  AuthorizationHeaderMalformed: REGION,
  PermanentRedirect: REGION,
  'Region is missing': REGION,
  RequestTimeTooSkewed: 'the clocks of this machine and of the server differ: set them',
  SlowDown: LOAD,
  ServiceUnavailable: LOAD,
  InternalError: LOAD,
  TimeoutError: `no answer in time: ${REACH}`,
  ETIMEDOUT: `no answer in time: ${REACH}`,
  ECONNREFUSED: `nothing listens there: ${REACH}`,
  ENOTFOUND: `there is no such host: ${REACH}`,
}

function messageOf(reason: string, cause: unknown, { bucket, endpoint }: Place): string {
  const told = cause instanceof Error ? cause.message : String(cause)
  const remedy = REMEDIES[reason] ?? REMEDIES[told] ?? otherRemedy(reason)
  // The text is the server's, which may be anybody: shortened, and control characters escaped.
  const detail = JSON.stringify(told.slice(0, 200))
  return `the bucket ${JSON.stringify(bucket)} at ${endpoint} cannot be used (${reason}, ${detail}): ${remedy}`
}

function otherRemedy(reason: string): string {
  if (/^HTTP 5/.test(reason)) return LOAD
  return /CERT|LEAF_SIGNATURE/.test(reason) ? CERTIFICATE : REACH
}
