import { Failure, Sha256 } from '@fanlight/contracts'
import { z } from 'zod'

export const DetectorView = z.object({
  id: Sha256,
  name: z.string(),
  /** Of the ONNX file. */
  sha256: Sha256,
  family: z.string(),
  /** Of the network's input, pixels. */
  width: z.int(),
  height: z.int(),
  classes: z.int(),
})
export type DetectorView = z.infer<typeof DetectorView>

export const DetectorList = z.object({ detectors: z.array(DetectorView), next: z.string().nullable() })

/** A message that was given up, without its body. */
export const DeadLetterView = z.object({
  id: z.string(),
  topic: z.string(),
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  code: z.string(),
  error: z.string(),
  attempts: z.int(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  /** What each attempt said, of a slice of a question. */
  history: z.array(Failure),
  replays: z.int(),
  replayedAt: z.int().nullable(),
})
export type DeadLetterView = z.infer<typeof DeadLetterView>

export const DeadLetterList = z.object({ letters: z.array(DeadLetterView), next: z.string().nullable() })

export const ReplayView = z.object({
  /** Published again as it was, or its explanation opened anew. */
  replay: z.enum(['published', 'reopened']),
})
