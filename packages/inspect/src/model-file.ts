import { fileURLToPath } from 'node:url'
import type { DetectorRef } from '@fanlight/contracts'
import type { ArtifactStore } from '@fanlight/ports'
import type { ModelFile } from './inspector.ts'

/** As in `FoundPhoto` and `DetectorRef`: what is kept among the artifacts, under its SHA-256. */
const ARTIFACT_SCHEME = 'artifact:'

/** Where a registered detector's file is: among the artifacts, or on this machine. */
export function modelFileOf({ name, uri, sha256 }: DetectorRef, artifacts: Pick<ArtifactStore, 'get'>): ModelFile {
  if (uri.startsWith(ARTIFACT_SCHEME)) return { name, sha256, read: () => artifacts.get(sha256) }
  return { name, path: uri.startsWith('file:') ? fileURLToPath(uri) : uri, sha256 }
}
