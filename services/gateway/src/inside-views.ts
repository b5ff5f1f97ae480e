import { z } from 'zod'

// What goes on inside a detector while it reads photos, as packages/inspect tells it.

/** Where a picture lies, for as long as its view is kept: some minutes. */
const Picture = z.string()
/** Null where it is not finite. */
const Finite = z.number().nullable()

export const LookProgressView = z.object({ doing: z.string(), done: z.int(), of: z.int() })
export type LookProgressView = z.infer<typeof LookProgressView>

const Layer = z.object({ name: z.string(), channels: z.int(), height: z.int(), width: z.int() })

const Distribution = z.object({
  mean: Finite,
  deviation: Finite,
  min: Finite,
  max: Finite,
  notFinite: z.int(),
  histogram: z.object({ from: z.number(), to: z.number(), counts: z.array(z.int()) }),
})

export const ActivationFunctionView = z.object({
  layer: z.string(),
  kind: z.string(),
  shape: z.array(z.int()),
  before: Distribution,
  after: Distribution,
  closedShare: z.number(),
  openShare: z.number(),
  saturatedShare: z.number().nullable(),
  channels: z.int(),
  deadChannels: z.int(),
  dead: z.array(z.int()),
})
export type ActivationFunctionView = z.infer<typeof ActivationFunctionView>

export const ActivationsReply = z.object({
  detections: z.array(z.object({ label: z.string(), score: z.number(), box: z.array(z.number()) })),
  /** Which of them is looked at, from 0. */
  target: z.int(),
  layer: Layer,
  /** The largest relevance first. */
  channels: z.array(z.object({ channel: z.int(), relevance: Finite, min: Finite, max: Finite })),
  /** Why no channel says anything; null where some do. */
  vanished: z.string().nullable(),
  functions: z.array(ActivationFunctionView),
  pictures: z.object({ photo: Picture, best: Picture.nullable(), worst: Picture.nullable() }),
})
export type ActivationsReply = z.infer<typeof ActivationsReply>

const Channel = z.object({ layer: z.int(), channel: z.int() })

export const ChannelsReply = z.object({
  layers: z.array(Layer),
  photos: z.int(),
  photosWithDetections: z.int(),
  detections: z.int(),
  minScore: z.number(),
  failures: z.array(z.object({ name: z.string(), message: z.string() })),
  /** The most frequent first. */
  classes: z.array(
    z.object({
      class: z.int(),
      label: z.string(),
      detections: z.int(),
      channels: z.array(
        Channel.extend({
          relevance: Finite,
          silenced: z.object({ score: Finite, silencedScore: Finite, lostShare: z.number() }).nullable(),
        }),
      ),
    }),
  ),
  classesLeftOut: z.int(),
  cards: z.array(
    Channel.extend({
      filter: z.object({ layer: z.string(), filter: z.int(), picture: Picture }).nullable(),
      patches: z.array(z.object({ item: z.string(), name: z.string(), value: Finite, picture: Picture })),
    }),
  ),
})
export type ChannelsReply = z.infer<typeof ChannelsReply>

export const DreamReply = z.object({
  seed: z.int(),
  /** From noise to the end. */
  steps: z.array(
    z.object({
      step: z.int(),
      /** Log-odds of a class; mean activation of a channel. */
      value: Finite,
      /** Of a class, 0..1; null for a channel. */
      score: z.number().nullable(),
      picture: Picture.nullable(),
    }),
  ),
})
export type DreamReply = z.infer<typeof DreamReply>
