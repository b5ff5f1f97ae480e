import { readFile } from 'node:fs/promises'
import type { DetectorRef } from '@fanlight/contracts'
import { type FoundPhoto, failureOf } from '@fanlight/ports'
import { ARTIFACT_SCHEME, type Data } from './composition.ts'

// A cluster's workers see no file of this machine: what lies here is handed over to the artifacts.

/** The same detector where every worker finds it, registered under its id: the HTTP API asks those that are. */
export async function handOverDetector(data: Data, detector: DetectorRef): Promise<DetectorRef> {
  const found = data.isCluster ? await uploaded(data, detector) : detector
  await data.store.putDetector(data.project, found)
  return found
}

async function uploaded({ artifacts }: Data, detector: DetectorRef): Promise<DetectorRef> {
  if (!(await artifacts.has(detector.sha256))) await artifacts.put(await readFile(detector.uri))
  return { ...detector, uri: `${ARTIFACT_SCHEME}${detector.sha256}` }
}

/** The same photos, those that are files of this machine uploaded; one that cannot be is told in its place. */
export async function* handOverPhotos(
  data: Data,
  photos: Iterable<FoundPhoto>,
  { signal, onPhoto }: { signal: AbortSignal; onPhoto: (done: number) => void },
): AsyncGenerator<FoundPhoto> {
  let done = 0
  for (const photo of photos) {
    signal.throwIfAborted()
    yield data.isCluster ? await handOverPhoto(data, photo) : photo
    onPhoto(++done)
  }
}

async function handOverPhoto({ artifacts, images }: Data, photo: FoundPhoto): Promise<FoundPhoto> {
  const { image, ...rest } = photo
  if (!image?.uri.startsWith('file:')) return photo
  try {
    if (!(await artifacts.has(image.sha256))) await artifacts.put(await images.read(image))
    return { ...photo, image: { ...image, uri: `${ARTIFACT_SCHEME}${image.sha256}` } }
  } catch (error) {
    const failure = failureOf(error, 'IMAGE_UNREADABLE')
    if (failure.code === 'ARTIFACTS_UNAVAILABLE') throw error
    return { ...rest, failure }
  }
}
