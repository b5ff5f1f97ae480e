import type {
  DetectAnswer,
  DetectQuestion,
  Evaluation,
  FitFacts,
  GradientFacts,
  GradientQuestion,
  Objective,
  ScoreQuestion,
  SegmentAnswer,
  SegmentQuestion,
  Sha256,
  Target,
  TargetPolicy,
} from '@fanlight/contracts'
import type { ZodType } from 'zod'

/** A score question's whole answer, put together from its shards. */
export interface ScoredCoalitions {
  readonly kind: 'score'
  /** float32 [objectives][targets][coalitions], as asked. */
  readonly values: Float32Array
}

/** A gradient question's whole answer, put together from its shards. */
export interface TakenGradients {
  readonly kind: 'gradient'
  /** Names of the values at which the gradient was taken. */
  readonly layers: readonly string[]
  /** float32 [targets][objectives][height][width], as asked. */
  readonly maps: Float32Array
  /** [targets][objectives]. */
  readonly facts: readonly GradientFacts[]
}

export type AskedQuestion = DetectQuestion | ScoreQuestion | GradientQuestion | SegmentQuestion
export type Answer = DetectAnswer | ScoredCoalitions | TakenGradients | SegmentAnswer

export interface ExplainContext {
  readonly image: Sha256
  readonly detector: Sha256
  readonly policy: TargetPolicy
  /** 0..2³² − 1; every random number of the explanation follows from it. */
  readonly seed: number
}

/** The evidence for one target over the whole image: float32 [h, w], row 0 at the top, signed. */
export interface EvidenceMap {
  readonly height: number
  readonly width: number
  readonly data: Float32Array
}

export interface Attribution {
  readonly target: Target
  readonly map: EvidenceMap
  /** Forwards that the map depends on. */
  readonly forwards: number
  readonly fullValue: number | null
  readonly emptyValue: number | null
  /** As of `AttributionRecord`. */
  readonly stability: number | null
  /** 0..1. */
  readonly priorShare: number
  /** Half the width of each cell's interval at `level`, a map of the same shape; of methods that give intervals. */
  readonly interval?: { readonly halfWidths: Float32Array; readonly level: number }
  /** Share of the coalitions that left the value where it was (`unmovedShare`); of methods that count it. */
  readonly unmoved?: number | undefined
  /** Slope of the last sigmoid where the one gradient was taken that the map is made of. */
  readonly slope?: number
  /** Of methods that take gradients. */
  readonly gradient?: GradientFacts & { readonly layers: readonly string[] }
  /** Of methods that fit a model, or the values of a game. */
  readonly fit?: FitFacts
  /** Of maps that were measured. */
  readonly evaluation?: Evaluation
}

export interface Explained {
  /** Image size in pixels, EXIF orientation applied. */
  readonly width: number
  readonly height: number
  readonly attributions: readonly Attribution[]
  /** Detections that the policy's `maxTargets` cut off. */
  readonly targetsCut: number
}

/** A method: yields questions, receives answers, returns attributions. It never calls a model. */
export interface Explainer<Params> {
  readonly name: string
  /** Changes whenever the same params would ask other questions or answer otherwise; part of the explanation's id. */
  readonly version: number
  /** One line for `--help`. */
  readonly summary: string
  /** Parses what a person gave and fills in the defaults. */
  readonly params: ZodType<Params>
  /** What it can explain about a detection. */
  readonly objectives: readonly Objective[]
  /** Params for a budget of forwards in all (clean and empty run included); absent where a budget means nothing. */
  readonly withForwards?: (params: Params, forwards: number) => Params
  /** Forwards it will ask for, detection included: for `--dry-run` and progress. */
  readonly cost: (params: Params) => number
  /** Deterministic in (context, params, answers): same questions, same order, same bits. Pure: no clock, no I/O, no Math.random. */
  explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer>
}
