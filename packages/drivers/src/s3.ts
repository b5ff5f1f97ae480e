/** What the driver of S3 cannot find out by itself; credentials come from the AWS chain. */
export interface S3Config {
  readonly AWS_ENDPOINT_URL_S3?: string | undefined
  readonly AWS_REGION?: string | undefined
}

export function s3Of({ AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region }: S3Config) {
  return { ...(endpoint && { endpoint, forcePathStyle: true }), ...(region && { region }) }
}

/** `s3://bucket/prefix` → its parts; a prefix ends with a slash. */
export function placeOf(url: string): { bucket: string; prefix: string } {
  const [bucket = '', ...prefix] = url.slice('s3://'.length).replace(/\/+$/, '').split('/')
  return { bucket, prefix: prefix.map((part) => `${part}/`).join('') }
}
