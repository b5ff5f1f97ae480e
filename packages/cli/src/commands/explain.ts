import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { JobSpec, JobSummary, MethodSpec } from '@fanlight/contracts'
import { checkObjectives } from '@fanlight/explain'
import { methodWarning } from '@fanlight/explain/words'
import { startRenderer } from '@fanlight/render'
import { commandLine } from '../command-line.ts'
import { type Data, openFanlight } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import {
  type AskOptions,
  costOf,
  type ExplainOptions,
  givenTargets,
  methodsOf,
  objectivesOf,
} from '../explain-request.ts'
import { Models } from '../models.ts'
import { findPhotos } from '../photos.ts'
import { duration, grouped, progressView } from '../progress.ts'
import { resultsTable } from '../results/table.ts'
import { refuseFile } from '../results/whole-file.ts'
import { type Results, writeResults } from '../results/write-results.ts'
import { type Request, type RunJobOptions, runJob } from '../run-job.ts'

/** Rows of the table on the terminal. */
const TABLE_ROWS = 20

/** `fanlight explain` */
export async function explain(
  context: CommandContext,
  paths: readonly string[],
  options: ExplainOptions,
): Promise<ExitCode> {
  const request = await prepare(context, paths, options)
  if (options.dryRun) return tellCost(context, request, options)
  const trouble = Promise.withResolvers<never>()
  trouble.promise.catch(() => {})
  await using fanlight = await openFanlight({ ...context, workers: options.workers, onTrouble: trouble.reject })
  return await runRequest(context, fanlight, request, { ...options, trouble: trouble.promise })
}

/** Finds the photos and recognises the detector: what is wrong with a command is said before anything is stored. */
export async function prepare(
  context: CommandContext,
  paths: readonly string[],
  options: ExplainOptions,
): Promise<Request> {
  const { terminal } = context
  checkOptions(options)
  await refuseFile(options.out)
  const photos = await photosAt(context, paths)
  const spec = await specOf(context, options)
  const warnings = spec.methods.flatMap(({ name }) => methodWarning(name) ?? [])
  for (const warning of new Set(warnings)) terminal.say(`warning: ${warning}`)
  return { photos, spec, name: nameOf(spec, paths), command: commandLine(paths, options) }
}

/** Looks for the photos that a command names, and shows how many there are. */
export async function photosAt({ terminal, signal, limits }: CommandContext, paths: readonly string[]) {
  const view = progressView(terminal)
  const onFound = (count: number) => view.show(`${grouped(count)} photos found`, 0)
  return await findPhotos(paths, { limits, signal, onFound }).finally(() => view.end())
}

/** Of a job. */
export function nameOf({ detector }: JobSpec, paths: readonly string[]): string {
  const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  return `${detector.name} on ${paths[0]}${others}`.slice(0, 200)
}

function checkOptions(options: ExplainOptions): void {
  methodsOf(options)
  objectivesOf(options)
}

/** What the options ask for, with the detector recognised. */
export async function specOf(
  context: CommandContext,
  options: AskOptions,
  methods: readonly MethodSpec[] = methodsOf(options),
): Promise<JobSpec> {
  const objectives = objectivesOf(options)
  checkObjectives(methods, objectives)
  const detector = await new Models(context).resolve(options.model, options.family)
  context.signal.throwIfAborted()
  const given = givenTargets(options, detector.descriptor.classNames)
  return {
    detector,
    methods: [...methods],
    policy: {
      kind: 'detections',
      minScore: options.minScore,
      maxTargets: options.maxTargets,
      objectives,
      ...(given && { given: [...given] }),
    },
    seed: options.seed,
    lane: 'bulk',
    ...(options.fresh && { nonce: randomUUID() }),
  }
}

export type RunOptions = RunJobOptions & Pick<ExplainOptions, 'out' | 'json' | 'overlays'>

/** Runs the job of a request to its end, writes its results and shows them. */
export async function runRequest(
  context: CommandContext,
  fanlight: Data,
  request: Request,
  options: RunOptions,
): Promise<ExitCode> {
  const ended = await runJob(context, fanlight, request, options)
  if ('exitCode' in ended) return ended.exitCode
  const results = await write(context, fanlight, { ...ended, command: request.command, ...options })
  if (results === undefined) return exitCodes.interrupted
  show(context, results, ended.job, { ...options, durationMs: ended.durationMs })
  return results.failures.length > 0 ? exitCodes.someInputsFailed : exitCodes.fine
}

interface WriteOptions extends Pick<ExplainOptions, 'out' | 'overlays'> {
  readonly job: JobSummary
  readonly command: string
  readonly durationMs: number | undefined
}

async function write(context: CommandContext, fanlight: Data, options: WriteOptions): Promise<Results | undefined> {
  const { terminal, signal, limits, version } = context
  const view = progressView(terminal)
  await using renderer = options.overlays ? startRenderer({ limits, children: 1 }) : undefined
  try {
    return await writeResults(fanlight, {
      ...options,
      folder: resolve(options.out),
      renderer,
      fanlightVersion: version,
      signal,
      warn: (line) => terminal.say(line),
      onPhoto: (done, of) => view.show(`drawing ${done}/${of} photos`, done / of),
    })
  } catch (error) {
    if (!signal.aborted) throw error
    terminal.say('stopped while writing the results; the same command writes them')
    return undefined
  } finally {
    view.end()
  }
}

interface ShowOptions extends Pick<ExplainOptions, 'out' | 'json'> {
  readonly durationMs: number | undefined
}

function show(
  { terminal }: CommandContext,
  results: Results,
  job: JobSummary,
  { out, json, durationMs }: ShowOptions,
): void {
  const { rows, failures, withoutDetections } = results
  if (json) for (const row of rows) terminal.data(safeJson(row))
  else if (rows.length > 0) {
    terminal.data(resultsTable(rows, TABLE_ROWS))
    if (rows.length > TABLE_ROWS)
      terminal.data(`and ${grouped(rows.length - TABLE_ROWS)} more in ${out}/attributions.ndjson`)
  }
  const { minScore } = job.spec.policy
  for (const name of withoutDetections.slice(0, TABLE_ROWS))
    terminal.say(`${name}: no detection of at least ${minScore}`)
  if (withoutDetections.length > TABLE_ROWS)
    terminal.say(`and ${withoutDetections.length - TABLE_ROWS} more without detections`)
  for (const { image, method, code, message } of failures.slice(0, TABLE_ROWS))
    terminal.say(`${image.path}${method === null ? '' : ` (${method})`}: ${code}: ${message}`)
  const photos = Object.values(job.items).reduce((sum, count) => sum + count, 0)
  const time = durationMs === undefined ? 'nothing was left to do' : `in ${duration(durationMs)}`
  terminal.say(`${rows.length} explanations of ${photos} photos, ${time} (job ${job.id})`)
  if (failures.length > 0)
    terminal.say(`${failures.length} failed: see ${out}/failures.ndjson; --retry tries them again`)
  terminal.say(`maps, overlays and report.html are in ${out}`)
}

export function tellCost(
  { terminal }: CommandContext,
  { photos, spec }: Request,
  { json }: Pick<ExplainOptions, 'json'>,
): ExitCode {
  const readable = photos.filter(({ image }) => image !== undefined)
  const forwardsPerPhoto = costOf(spec.methods)
  const cost = {
    photos: photos.length,
    unreadable: photos.length - readable.length,
    forwardsPerPhoto,
    forwards: forwardsPerPhoto * new Set(readable.map(({ image }) => image!.sha256)).size,
  }
  if (json) terminal.data(safeJson(cost))
  else {
    terminal.data(`${grouped(cost.photos)} photos, ${cost.unreadable} of them unreadable`)
    terminal.data(
      `${grouped(forwardsPerPhoto)} forwards of ${spec.detector.name} for each photo with detections, 1 or 2 for others`,
    )
    terminal.data(`${grouped(cost.forwards)} forwards at most; what is stored already costs none`)
  }
  return exitCodes.fine
}
