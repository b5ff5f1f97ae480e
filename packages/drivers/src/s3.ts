/** What is given here is used; credentials that are not are found where every program of AWS finds them. */
export interface S3Config {
  readonly AWS_ENDPOINT_URL_S3?: string | undefined
  readonly AWS_REGION?: string | undefined
  readonly AWS_ACCESS_KEY_ID?: string | undefined
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined
  readonly AWS_SESSION_TOKEN?: string | undefined
}

export function s3Of(config: S3Config) {
  const { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region } = config
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config
  const { AWS_SESSION_TOKEN: sessionToken } = config
  const credentials = accessKeyId &&
    secretAccessKey && { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  return {
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(region && { region }),
    ...(credentials && { credentials }),
  }
}

/** `s3://bucket/prefix` → its parts; a prefix ends with a slash. */
export function placeOf(url: string): { bucket: string; prefix: string } {
  const [bucket = '', ...prefix] = url.slice('s3://'.length).replace(/\/+$/, '').split('/')
  return { bucket, prefix: prefix.map((part) => `${part}/`).join('') }
}
