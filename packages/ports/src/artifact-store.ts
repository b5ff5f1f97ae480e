/**
 * Bytes under their SHA-256. Clauses A1… of docs/spec/artifacts.md; every driver passes `testArtifactStore`.
 * A key is 64 lower-case hex digits: drivers refuse any other before they touch a path or a network.
 */
export interface ArtifactStore extends AsyncDisposable {
  /**
   * Writes before it resolves, whole or not at all; the same bytes again cost nothing and change nothing.
   * @returns the key
   * @throws TransientError `DISK_FULL`
   */
  put(bytes: Uint8Array): Promise<string>

  /**
   * @throws InputError `ARTIFACT_NOT_FOUND`, or `ARTIFACT_CORRUPT` when the bytes no longer have their hash
   */
  get(key: string): Promise<Uint8Array>

  has(key: string): Promise<boolean>

  /** Nothing happens when there is none. */
  delete(key: string): Promise<void>

  /** Every key, in ascending order. */
  list(): AsyncIterable<string>
}
