import { join } from 'node:path'
import type { JobSummary } from '@fanlight/contracts'
import {
  type Comparison,
  comparing,
  type EvaluatedTarget,
  evaluatedJob,
  objectSize,
  valuesOf,
} from '@fanlight/evaluate'
import type { ItemExplanation } from '@fanlight/ports'
import type { Renderer } from '@fanlight/render'
import { type ComparisonExample, renderComparison } from '@fanlight/report'
import { drawExample, exampleOf } from './comparison-example.ts'
import { failureRows } from './failure-row.ts'
import { type PhotoResult, photoResults } from './photo-results.ts'
import { writeWhole } from './whole-file.ts'
import type { ResultsSource } from './write-results.ts'

export interface EvaluationOptions {
  /** Folder; made when it is not there. */
  readonly folder: string
  readonly job: JobSummary
  /** Key of the method that others are compared with. */
  readonly reference: string | undefined
  readonly command: string
  readonly fanlightVersion: string
  /** Absent: no maps are shown. */
  readonly renderer: Renderer | undefined
  readonly onPhoto: (done: number, of: number) => void
  readonly warn: (line: string) => void
  readonly signal: AbortSignal
}

export interface EvaluationFailure {
  readonly path: string
  /** Null when the photo itself is at fault. */
  readonly method: string | null
  readonly code: string
  readonly message: string
}

export interface EvaluationResults {
  readonly comparison: Comparison
  readonly failures: readonly EvaluationFailure[]
}

/** Photos of which a target is shown with all its maps. */
const EXAMPLES = 6

/** Writes evaluation.json and comparison.html. Free of times, so that two runs give the same bytes. */
export async function writeEvaluation(source: ResultsSource, options: EvaluationOptions): Promise<EvaluationResults> {
  const { folder, job, renderer, signal } = options
  const evaluated = evaluatedJob(job.spec.methods)
  const compared = comparing(evaluated.methods, { reference: options.reference, seed: job.spec.seed })
  const failures: EvaluationFailure[] = []
  const rows: ReturnType<typeof valueRows>[number][] = []
  const targets: ReturnType<typeof targetRow>[] = []
  const examples: ComparisonExample[] = []
  const classes = new Set<string>()
  const photos = Object.values(job.items).reduce((sum, count) => sum + count, 0)
  let done = 0
  for await (const photo of photoResults(source.store, source.project, job.id)) {
    signal.throwIfAborted()
    const found = photo.item.image
      ? evaluated.targetsOf({ photo: photo.item.image.sha256, explanations: photo.explanations })
      : []
    for (const target of found) compared.add(target)
    rows.push(...found.flatMap((target) => valueRows(photo, target)))
    targets.push(...[...new Map(found.map((each) => [each.target.id, targetRow(photo, each)])).values()])
    for (const { result } of photo.explanations) if (result) classes.add(result.executionClass)
    failures.push(...failuresOf(photo, (method) => evaluated.methodOf(method)?.name ?? method.name))
    const example = renderer && examples.length < EXAMPLES ? exampleOf(photo, evaluated) : undefined
    if (renderer && example) examples.push(await drawExample(source, renderer, example, options.warn))
    options.onPhoto(++done, photos)
  }
  const comparison = compared.result()
  const { detector, policy, seed } = job.spec
  const about = {
    title: job.name,
    job: job.id,
    detector: { name: detector.name, sha256: detector.sha256, family: detector.descriptor.family },
    objectives: policy.objectives,
    minScore: policy.minScore,
    maxTargets: policy.maxTargets,
    seed,
    fanlight: options.fanlightVersion,
    executionClasses: [...classes].sort(),
    command: options.command,
  }
  await writeWhole(join(folder, 'comparison.html'), renderComparison({ ...about, comparison, examples, failures }))
  const evaluation = { version: 1, ...about, comparison, targets, values: rows, failures }
  await writeWhole(join(folder, 'evaluation.json'), `${JSON.stringify(evaluation)}\n`)
  return { comparison, failures }
}

function targetRow({ item }: PhotoResult, { photo, image, target }: EvaluatedTarget) {
  const { id, box, label, score, objective } = target
  return {
    target: id,
    image: { path: item.name, sha256: photo, ...image },
    box,
    class: target.class,
    label,
    score,
    objective,
    size: objectSize(box, image),
  }
}

/** One a metric and fill. */
function valueRows({ item }: PhotoResult, { target, method, forwards, evaluation }: EvaluatedTarget) {
  return valuesOf(evaluation).map(({ metric, fill, value }) => ({
    image: item.name,
    target: target.id,
    method,
    forwards,
    metric,
    fill,
    value,
  }))
}

const failuresOf = (photo: PhotoResult, nameOf: (method: ItemExplanation['method']) => string): EvaluationFailure[] =>
  failureRows(photo).map(({ image, explanation, code, message }) => {
    const failed = photo.explanations.find((each) => each.explanation === explanation)
    return { path: image.path, method: failed ? nameOf(failed.method) : null, code, message }
  })
