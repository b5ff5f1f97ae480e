import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { JobSpec, JobSummary } from '@fanlight/contracts'
import { checkObjectives } from '@fanlight/explain'
import { methodWarning } from '@fanlight/explain/words'
import { ingest } from '@fanlight/ingest'
import type { FoundPhoto } from '@fanlight/ports'
import { startRenderer } from '@fanlight/render'
import { sendOutbox } from '@fanlight/service-kit'
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
  jobIdFor,
  methodsOf,
  objectivesOf,
} from '../explain-request.ts'
import { followJob } from '../follow-job.ts'
import { handOverDetector, handOverPhotos } from '../handover.ts'
import { localJobs } from '../job-desk.ts'
import { Models } from '../models.ts'
import { findPhotos } from '../photos.ts'
import { duration, grouped, ProgressMeter, progressLine, progressView } from '../progress.ts'
import { resultsTable } from '../results/table.ts'
import { refuseFile } from '../results/whole-file.ts'
import { type Results, writeResults } from '../results/write-results.ts'

/** Rows of the table on the terminal. */
const TABLE_ROWS = 20

export interface Request {
  readonly photos: readonly FoundPhoto[]
  readonly spec: JobSpec
  readonly name: string
  readonly command: string
}

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
  const { terminal, signal, limits } = context
  checkOptions(options)
  await refuseFile(options.out)
  const view = progressView(terminal)
  const photos = await findPhotos(paths, {
    limits,
    signal,
    onFound: (count) => view.show(`${grouped(count)} photos found`, 0),
  }).finally(() => view.end())
  const spec = await specOf(context, options)
  const warnings = spec.methods.flatMap(({ name }) => methodWarning(name) ?? [])
  for (const warning of new Set(warnings)) terminal.say(`warning: ${warning}`)
  const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  const name = `${spec.detector.name} on ${paths[0]}${others}`.slice(0, 200)
  return { photos, spec, name, command: commandLine(paths, options) }
}

function checkOptions(options: ExplainOptions): void {
  methodsOf(options)
  objectivesOf(options)
}

/** What the options ask for, with the detector recognised. */
export async function specOf(context: CommandContext, options: AskOptions): Promise<JobSpec> {
  const methods = methodsOf(options)
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

export interface RunOptions extends Pick<ExplainOptions, 'out' | 'json' | 'overlays' | 'retry'> {
  readonly trouble: Promise<never>
}

/** Runs the job of a request to its end, writes its results and shows them. */
export async function runRequest(
  context: CommandContext,
  fanlight: Data,
  request: Request,
  options: RunOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const detector = await handOverDetector(fanlight, request.spec.detector)
  const spec = { ...request.spec, detector }
  const id = await jobIdFor(fanlight, spec, request.photos)
  const start = performance.now()
  const before = await fanlight.store.getJob(fanlight.project, id)
  if (!fanlight.isCluster) await pauseOthers(context, fanlight, id)
  const job = await work(context, fanlight, { ...request, spec, id, retry: options.retry, trouble: options.trouble })
  if (job === undefined) return exitCodes.interrupted
  if (job.state !== 'done') {
    terminal.say(
      `job ${id} is ${job.state}. ${job.state === 'paused' ? howToGoOn(id, request.spec) : 'The same command starts anew'}`,
    )
    return exitCodes.failed
  }
  const worked = before?.state !== 'done' || job.endedForwards !== before.endedForwards
  const durationMs = worked ? performance.now() - start : undefined
  const results = await write(context, fanlight, { job, command: request.command, durationMs, ...options })
  if (results === undefined) return exitCodes.interrupted
  show(context, results, job, { ...options, durationMs })
  return results.failures.length > 0 ? exitCodes.someInputsFailed : exitCodes.fine
}

/** What an earlier command left running waits: this one was asked for now. */
async function pauseOthers({ terminal }: CommandContext, fanlight: Data, id: string): Promise<void> {
  for await (const job of localJobs(fanlight).list()) {
    if (job.state !== 'running' || job.id === id) continue
    await sendOutbox(fanlight, await fanlight.store.changeJob(fanlight.project, job.id, 'pause'))
    terminal.say(
      `job ${job.id} (${job.name}) was left unfinished and is paused now: "fanlight jobs resume ${job.id}" goes on with it`,
    )
  }
}

/** With --fresh every command is another job. */
export const howToGoOn = (id: string, { nonce }: Pick<JobSpec, 'nonce'>): string =>
  nonce === undefined
    ? 'The same command goes on from there'
    : `"fanlight jobs resume ${id}" and then "fanlight serve" go on from there`

interface Work extends Request {
  readonly id: string
  readonly retry: boolean
  readonly trouble: Promise<never>
}

/** @returns the job as it ended; undefined when the person stopped it */
async function work(context: CommandContext, fanlight: Data, request: Work): Promise<JobSummary | undefined> {
  const { terminal, signal } = context
  const { project, store } = fanlight
  const { id, name, spec, photos } = request
  const meter = new ProgressMeter(costOf(spec.methods))
  const view = progressView(terminal)
  try {
    const known = await store.getJob(project, id)
    if (known?.state === 'paused') await sendOutbox(fanlight, await store.changeJob(project, id, 'resume'))
    // Though it may have every photo: some may lie elsewhere now.
    const onPhoto = (done: number) =>
      view.show(`${grouped(done)} of ${grouped(photos.length)} photos handed over`, done / photos.length)
    await ingest(fanlight, { project, id, name, spec }, handOverPhotos(fanlight, photos, { signal, onPhoto }))
    const reopen = async () => sendOutbox(fanlight, await store.reopenFailed(project, id))
    const follow = () =>
      followJob(fanlight, id, {
        signal,
        trouble: request.trouble,
        onSummary: (summary) => {
          const progress = meter.measure(summary, performance.now())
          view.show(progressLine(progress), progress.forwards > 0 ? progress.answered / progress.forwards : 0)
        },
      })
    if (request.retry) await reopen()
    const ended = await follow()
    // Photos that had not begun may have inherited another job's failure: they are tried again too, once.
    if (!request.retry || known?.state === 'done' || ended.state !== 'done' || ended.items.failed === 0) return ended
    await reopen()
    return await follow()
  } catch (error) {
    if (!signal.aborted) throw error
    await sendOutbox(fanlight, await store.changeJob(project, id, 'pause'))
    view.end()
    terminal.say(`stopped; what is answered is kept. ${howToGoOn(id, spec)} (job ${id})`)
    return undefined
  } finally {
    view.end()
  }
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

async function tellCost(
  { terminal }: CommandContext,
  { photos, spec }: Request,
  { json }: ExplainOptions,
): Promise<ExitCode> {
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
