import { fileURLToPath } from 'node:url'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import { s3Artifacts } from '@fanlight/artifacts-s3'
import type { ArtifactStore } from '@fanlight/ports'
import { placeOf, type S3Config, s3Of } from './s3.ts'
import { driverFor, type Openers } from './scheme.ts'

export interface ArtifactsConfig extends S3Config {
  readonly FANLIGHT_ARTIFACTS_URL: string
}

const openers: Openers<ArtifactsConfig, ArtifactStore> = {
  file: async ({ FANLIGHT_ARTIFACTS_URL: url }) => folderArtifacts({ folder: fileURLToPath(url) }),
  async s3(config) {
    const artifacts = s3Artifacts({ ...s3Of(config), ...placeOf(config.FANLIGHT_ARTIFACTS_URL) })
    await artifacts.check()
    return artifacts
  },
}

export const artifactSchemes = Object.keys(openers)

/**
 * Opens the artifacts that the URL names: `s3://bucket/prefix` or `file:///folder`.
 * @throws TransientError `ARTIFACTS_UNAVAILABLE` when there is no such bucket, or no way to it
 */
export const openArtifacts = (config: ArtifactsConfig): Promise<ArtifactStore> =>
  driverFor('FANLIGHT_ARTIFACTS_URL', config.FANLIGHT_ARTIFACTS_URL, openers)(config)
