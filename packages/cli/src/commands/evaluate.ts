import { resolve } from 'node:path'
import type { MethodSpec } from '@fanlight/contracts'
import { evaluatedJob, leastClusters } from '@fanlight/evaluate'
import { InputError } from '@fanlight/ports'
import { startRenderer } from '@fanlight/render'
import { openFanlight } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { askOptionsOf, type EvaluateOptions, evaluateCommand, evaluatedSpecs } from '../evaluate-request.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { duration, grouped, progressView } from '../progress.ts'
import { comparisonTable } from '../results/comparison-table.ts'
import { refuseFile } from '../results/whole-file.ts'
import { type EvaluationResults, writeEvaluation } from '../results/write-evaluation.ts'
import { type EndedJob, type Request, runJob } from '../run-job.ts'
import { nameOf, photosAt, specOf, tellCost } from './explain.ts'

/** Failures told on the terminal. */
const TOLD_FAILURES = 20

/** `fanlight evaluate` */
export async function evaluate(
  context: CommandContext,
  detector: string,
  paths: readonly string[],
  options: EvaluateOptions,
): Promise<ExitCode> {
  const request = await prepare(context, detector, paths, options)
  if (options.dryRun) return tellCost(context, request, options)
  const trouble = Promise.withResolvers<never>()
  trouble.promise.catch(() => {})
  await using fanlight = await openFanlight({ ...context, workers: options.workers, onTrouble: trouble.reject })
  const ended = await runJob(context, fanlight, request, { ...options, trouble: trouble.promise })
  if ('exitCode' in ended) return ended.exitCode
  const view = progressView(context.terminal)
  await using renderer = options.overlays ? startRenderer({ limits: context.limits, children: 1 }) : undefined
  const results = await writeEvaluation(fanlight, {
    folder: resolve(options.out),
    job: ended.job,
    reference: options.reference,
    command: request.command,
    fanlightVersion: context.version,
    renderer,
    signal: context.signal,
    warn: (line) => context.terminal.say(line),
    onPhoto: (done, of) => view.show(`comparing ${done}/${of} photos`, done / of),
  }).finally(() => view.end())
  show(context, results, ended, options)
  return results.failures.length > 0 ? exitCodes.someInputsFailed : exitCodes.fine
}

async function prepare(
  context: CommandContext,
  detector: string,
  paths: readonly string[],
  options: EvaluateOptions,
): Promise<Request> {
  const methods = evaluatedSpecs(detector, options)
  refuseReference(options.reference, methods)
  await refuseFile(options.out)
  const photos = await photosAt(context, paths)
  const spec = await specOf(context, askOptionsOf(detector, options), methods)
  const name = `methods for ${nameOf(spec, paths)}`.slice(0, 200)
  return { photos, spec, name, command: evaluateCommand(detector, paths, options) }
}

function refuseReference(reference: string | undefined, specs: readonly MethodSpec[]): void {
  const keys = evaluatedJob(specs).methods.map(({ key }) => key)
  if (reference === undefined || keys.includes(reference)) return
  throw new InputError('USAGE', `--reference ${JSON.stringify(reference)} is not evaluated: take ${keys.join(', ')}`)
}

function show(
  { terminal }: CommandContext,
  { comparison, failures }: EvaluationResults,
  { job, durationMs }: Exclude<EndedJob, { exitCode: ExitCode }>,
  { out, json }: EvaluateOptions,
): void {
  const { photos, targets, methods, metrics } = comparison
  const least = leastClusters(Math.max(...comparison.levels))
  if (json) {
    for (const { cells, ...about } of metrics)
      terminal.data(safeJson({ ...about, methods: cells.map((cell, i) => ({ method: methods[i]!.key, ...cell })) }))
  } else if (targets > 0) terminal.data(comparisonTable(comparison))
  for (const { path, method, code, message } of failures.slice(0, TOLD_FAILURES))
    terminal.say(`${path}${method === null ? '' : ` (${method})`}: ${code}: ${message}`)
  if (targets === 0) terminal.say('there was no target to measure at: lower --min-score, or give --target')
  else if (photos < least) terminal.say(`there are no intervals: they take at least ${least} photos`)
  const time = durationMs === undefined ? 'nothing was left to do' : `in ${duration(durationMs)}`
  terminal.say(`${grouped(targets)} targets of ${grouped(photos)} photos, ${time} (job ${job.id})`)
  if (failures.length > 0) terminal.say(`${failures.length} failed; --retry tries them again`)
  terminal.say(`comparison.html and evaluation.json are in ${out}`)
}
