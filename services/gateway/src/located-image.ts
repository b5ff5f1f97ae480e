import type { ImageRef } from '@fanlight/contracts'
import type { GatewayContext } from './gateway.ts'
import { HttpProblem } from './problem.ts'
import type { ReferenceAsk } from './received.ts'
import { tooLarge } from './refusals.ts'

/**
 * An image where it lies, with its hash: as it was given, or as it is there now.
 * @throws HttpProblem 403 for files of this machine, 409 when it has another hash, 422
 * @throws InputError `INPUT_NOT_FOUND`, `IMAGE_TOO_LARGE`
 */
export async function locatedImage(
  { locate, allowFiles, maxImageBytes }: GatewayContext,
  { uri, sha256, bytes }: ReferenceAsk['image'],
): Promise<{ image: ImageRef; name: string }> {
  checkPlace(uri, allowFiles)
  if (sha256 !== undefined && bytes !== undefined) {
    if (bytes <= maxImageBytes) return { image: { uri, sha256, bytes }, name: uri }
    throw tooLarge(maxImageBytes)
  }
  if (!locate) throw new HttpProblem(422, 'Nothing is read here: give sha256 and bytes of the image, or send it along')
  const image = await locate(uri)
  if (sha256 === undefined || sha256 === image.sha256) return { image, name: uri }
  throw new HttpProblem(409, `${uri} has the SHA-256 ${image.sha256} now, not ${sha256}: it was replaced`)
}

/** A server reads no file of its own because a stranger names it. */
export function checkPlace(uri: string, allowFiles: boolean): void {
  if (/^s3:\/\/[^/]/.test(uri)) return
  const isFile = /^file:\/\/\//.test(uri)
  if (isFile && allowFiles) return
  if (isFile) throw new HttpProblem(403, 'Files of the server are not read for whoever asks: use S3, or send the image')
  throw new HttpProblem(422, `${JSON.stringify(uri.slice(0, 200))} is not read here: give s3://bucket/key`)
}
