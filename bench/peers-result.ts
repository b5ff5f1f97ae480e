import { z } from 'zod'

/** What one contender took for one pair of photos. */
const Spent = z.object({
  seconds: z.number(),
  /** null where it draws none. */
  withPictures: z.number().nullable(),
  cpuSeconds: z.number(),
  /** Of each photo. */
  forwards: z.array(z.int()),
})

/** What one map of one target is worth; null where it could not be measured. */
export const Scores = z.object({
  /** Insertion − deletion, under the fill that all methods worked with, and under one that none knew. */
  known: z.number().nullable(),
  unknown: z.number().nullable(),
  /** Of reference A (bench/quality): ‖φ̂ − φ‖² ÷ ‖φ‖², and what does not depend on the map's zero and scale. */
  error: z.number().nullable(),
  likeness: z.number().nullable(),
})
export type Scores = z.infer<typeof Scores>

/** What one contender made of one pair of photos. */
export const Result = z.object({
  contender: z.object({ name: z.string(), isOurs: z.boolean(), explains: z.string(), way: z.string() }),
  forwards: z.int(),
  /** All targets, once a seed. */
  all: z.array(Spent),
  /** The first target of each photo, where that was asked. */
  one: Spent.nullable(),
  /** One a target of the pair. */
  scores: z.array(Scores),
  /** One a target and further seed. */
  seeds: z.array(z.number().nullable()),
})
export type Result = z.infer<typeof Result>
