import { z } from 'zod'
import { Sha256 } from './primitives.ts'

/** Images stay where they are; the hash says which bytes were meant. */
export const ImageRef = z.object({
  /** SHA-256 of the file's bytes: the image's id. */
  sha256: Sha256,
  /** `file:` today; other schemes belong to other readers. */
  uri: z.string().max(4096),
  bytes: z.int().nonnegative(),
})
export type ImageRef = z.infer<typeof ImageRef>
