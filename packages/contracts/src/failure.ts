import { z } from 'zod'

/** The end of an explanation, an item or a shard that could not be answered: a fact to be stored, not an exception. */
export const Failure = z.object({
  /** One of the ports' error codes. */
  code: z.string().max(64),
  /** Names the value and the remedy. May hold text from files: escape it where it is shown. */
  message: z.string().max(4096),
})
export type Failure = z.infer<typeof Failure>
