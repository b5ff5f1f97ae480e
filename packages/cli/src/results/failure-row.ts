import type { PhotoResult } from './photo-results.ts'

/** A line of failures.ndjson: what could not be explained, and why. */
export interface FailureRow {
  readonly image: { readonly path: string; readonly sha256: string | null }
  /** Null when the photo itself is at fault. */
  readonly method: string | null
  readonly explanation: string | null
  readonly code: string
  readonly message: string
}

export function failureRows({ item, explanations }: PhotoResult): FailureRow[] {
  const image = { path: item.name, sha256: item.image?.sha256 ?? null }
  const rows = explanations.flatMap(({ failure, method, explanation }) =>
    failure ? [{ image, method: method.name, explanation, ...failure }] : [],
  )
  if (rows.length > 0 || !item.failure) return rows
  return [{ image, method: null, explanation: null, ...item.failure }]
}
