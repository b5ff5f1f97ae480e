import type { Comparison } from '@fanlight/evaluate'
import type { ReportPicture, ReportTarget } from './report-data.ts'

/** A target with what methods made of it. */
export interface ComparisonExample extends Pick<ReportTarget, 'box' | 'label' | 'score' | 'objective'> {
  /** As the person named it. */
  readonly photo: string
  readonly maps: readonly {
    /** Key of the method. */
    readonly method: string
    /** Absent where the photo could not be drawn. */
    readonly picture?: ReportPicture | undefined
  }[]
}

/** Everything that a comparison page says. Text may come from anywhere: it is escaped here. */
export interface ComparisonData {
  /** The job's name. */
  readonly title: string
  readonly job: string
  readonly detector: { readonly name: string; readonly sha256: string; readonly family: string }
  readonly objectives: readonly string[]
  readonly minScore: number
  readonly maxTargets: number
  readonly seed: number
  /** Version of Fanlight. */
  readonly fanlight: string
  readonly executionClasses: readonly string[]
  /** That makes the same again. */
  readonly command: string
  readonly comparison: Comparison
  readonly examples: readonly ComparisonExample[]
  readonly failures: readonly {
    readonly path: string
    /** Null when the photo itself is at fault. */
    readonly method: string | null
    readonly code: string
    readonly message: string
  }[]
}
