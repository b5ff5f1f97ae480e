import { z } from 'zod'
import { DetectorRef } from './detector.ts'
import { Failure } from './failure.ts'
import { ImageRef } from './image.ts'
import { Box, Lane, Objective, ProjectId } from './primitives.ts'

/** What a person says is in a photo: ground truth, or an object that the detector missed. */
export const GivenTarget = z.object({ box: Box, class: z.int().nonnegative(), label: z.string().max(256) })
export type GivenTarget = z.infer<typeof GivenTarget>

/** Which detections of a photo become targets, or what takes their place. */
export const TargetPolicy = z.object({
  kind: z.literal('detections'),
  minScore: z.number().min(0).max(1),
  maxTargets: z.int().positive().max(1000),
  objectives: z.array(Objective).min(1).max(8),
  /** Explained in every photo, instead of its detections. */
  given: z.array(GivenTarget).min(1).max(100).optional(),
})
export type TargetPolicy = z.infer<typeof TargetPolicy>

/** A method as a job names it. `params` are whole: defaults are filled in before the job is stored. */
export const MethodSpec = z.object({
  name: z.string().max(64),
  version: z.int().positive(),
  params: z.record(z.string(), z.json()),
})
export type MethodSpec = z.infer<typeof MethodSpec>

export const JobSpec = z.object({
  detector: DetectorRef,
  methods: z.array(MethodSpec).min(1).max(32),
  policy: TargetPolicy,
  seed: z.int().nonnegative().max(0xffff_ffff),
  lane: Lane,
  /** `--fresh`: part of every explanation's id, so that nothing stored is used. */
  nonce: z.string().max(64).optional(),
  /** When its ended explanations cost so many forwards, what has not begun is cancelled. No part of any id. */
  budget: z.object({ forwards: z.int().positive() }).optional(),
})
export type JobSpec = z.infer<typeof JobSpec>

/** Where the photos of a job lie that the ingest service lists by itself. */
export const JobSource = z.object({
  /** `s3://bucket/prefix` or `file:///folder`. */
  uri: z
    .string()
    .max(4096)
    .regex(/^(s3:\/\/[^/]|file:\/\/\/)/, 's3://bucket/prefix or file:///folder'),
  /** Listed no further than that many photos. */
  maxPhotos: z.int().positive().optional(),
})
export type JobSource = z.infer<typeof JobSource>

export const JobState = z.enum(['running', 'paused', 'cancelled', 'done'])
export type JobState = z.infer<typeof JobState>

export const ItemState = z.enum(['waiting', 'open', 'done', 'failed', 'cancelled'])
export type ItemState = z.infer<typeof ItemState>

/** One occurrence of an image in a job. */
export const NewItem = z.object({
  /** hash(job, name, image): the same folder ingested twice adds nothing. */
  id: z.string(),
  /** How the person named it: a path as it was given. */
  name: z.string().max(4096),
  /** Absent when the file could not even be read. */
  image: ImageRef.optional(),
  failure: Failure.optional(),
  slice: z.record(z.string(), z.string()),
})
export type NewItem = z.infer<typeof NewItem>

export const JobSummary = z.object({
  project: ProjectId,
  id: z.string(),
  name: z.string(),
  spec: JobSpec,
  state: JobState,
  createdAt: z.int(),
  /** Milliseconds since the epoch: what has not ended by then is cancelled. */
  deadlineAt: z.int().optional(),
  items: z.object({
    waiting: z.int(),
    open: z.int(),
    done: z.int(),
    failed: z.int(),
    cancelled: z.int(),
  }),
  /** Items ended well whose photo had no detection to explain. */
  itemsWithoutTargets: z.int(),
  targets: z.int(),
  /** Forwards answered, and forwards of all questions asked so far, over the job's explanations still open. */
  openForwards: z.object({ answered: z.int(), asked: z.int() }),
  /** Forwards of the job's ended explanations. */
  endedForwards: z.int(),
  /** Whether ingest has handed over the last item. */
  sealed: z.boolean(),
})
export type JobSummary = z.infer<typeof JobSummary>
