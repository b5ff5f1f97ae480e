import type { AttributionRecord, Failure, MethodSpec, Target } from '@fanlight/contracts'
import type { Place } from './strongest-places.ts'

/** A picture as it goes into the page. */
export interface ReportPicture {
  readonly bytes: Uint8Array
  readonly type: 'image/png' | 'image/webp' | 'image/jpeg'
}

/** One method's answer for one target, with its overlay. */
export interface ReportAttribution
  extends Pick<
    AttributionRecord,
    | 'forwards'
    | 'fullValue'
    | 'emptyValue'
    | 'unexplainable'
    | 'stability'
    | 'priorShare'
    | 'inBoxEnergy'
    | 'gradient'
    | 'interval'
    | 'fit'
    | 'unmoved'
    | 'doubts'
  > {
  /** Of its method. */
  readonly method: string
  /** Absent with `--no-overlays`: the numbers are shown alone. */
  readonly picture?: ReportPicture | undefined
  /** Of a map with intervals: where it is strongest. */
  readonly places?: readonly Place[] | undefined
  /** Id of the explanation, for `fanlight verify`. */
  readonly explanation: string
  /** Where the map lies beside the report, e.g. `maps/….npy`. */
  readonly mapPath?: string | undefined
}

export interface ReportTarget extends Pick<Target, 'box' | 'label' | 'score' | 'objective'> {
  /** One a method, in the order of the report's methods. */
  readonly attributions: readonly ReportAttribution[]
}

export interface ReportPhoto {
  /** As the person named it. */
  readonly name: string
  readonly sha256: string
  /** Pixels, upright. */
  readonly width: number
  readonly height: number
  /** The photo with its boxes, numbered from 1 in the order of the targets; those of one box and label share a number. */
  readonly picture?: ReportPicture | undefined
  readonly targets: readonly ReportTarget[]
  /** Detections beyond the policy's `maxTargets`. */
  readonly targetsCut: number
}

/** Everything that a report says. Text may come from anywhere: it is escaped here. */
export interface ReportData {
  /** The job's name. */
  readonly title: string
  readonly job: string
  readonly detector: {
    readonly name: string
    readonly sha256: string
    readonly family: string
    /** Of the network's input, pixels. */
    readonly width: number
    readonly height: number
    readonly classes: number
  }
  readonly methods: readonly MethodSpec[]
  readonly seed: number
  readonly minScore: number
  /** What ran, e.g. `fanlight` → `0.1.0`. */
  readonly versions: Readonly<Record<string, string>>
  /** Provider, runtime, instruction set and batch; one a run, as a rule. */
  readonly executionClasses: readonly string[]
  /** The command that makes this job again. */
  readonly command?: string | undefined
  readonly totals: {
    readonly photos: number
    readonly detections: number
    readonly forwards: number
    /** Wall time of the run that wrote the report; absent when nothing was left to do. */
    readonly durationMs?: number | undefined
  }
  /** Photos with detections, in the order of the job; the page shows those that fit. */
  readonly photos: readonly ReportPhoto[]
  /** How many photos have detections: more than `photos` when the caller left some out. */
  readonly photosWithDetections: number
  readonly withoutDetections: readonly string[]
  readonly failures: readonly (Failure & { readonly name: string })[]
  /** Where everything is, e.g. `attributions.ndjson`. */
  readonly wholePath: string
}
