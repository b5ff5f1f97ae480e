import type { JobSpec, JobSummary } from '@fanlight/contracts'
import { ingest } from '@fanlight/ingest'
import type { FoundPhoto } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import type { Data } from './composition.ts'
import type { CommandContext } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { costOf, jobIdFor } from './explain-request.ts'
import { followJob } from './follow-job.ts'
import { handOverDetector, handOverPhotos } from './handover.ts'
import { localJobs } from './job-desk.ts'
import { grouped, ProgressMeter, progressLine, progressView } from './progress.ts'

export interface Request {
  readonly photos: readonly FoundPhoto[]
  readonly spec: JobSpec
  readonly name: string
  readonly command: string
}

export interface RunJobOptions {
  /** Try again what failed before. */
  readonly retry: boolean
  /** Rejects when no retry mends it. */
  readonly trouble: Promise<never>
}

/** A job that has come to its end, with the wall time of this run when it had work to do; or why it has not. */
export type EndedJob =
  | { readonly job: JobSummary; readonly durationMs: number | undefined }
  | { readonly exitCode: ExitCode }

/** Runs the job of a request to its end, or says how to go on. */
export async function runJob(
  context: CommandContext,
  fanlight: Data,
  request: Request,
  { retry, trouble }: RunJobOptions,
): Promise<EndedJob> {
  const { terminal } = context
  const detector = await handOverDetector(fanlight, request.spec.detector)
  const spec = { ...request.spec, detector }
  const id = await jobIdFor(fanlight, spec, request.photos)
  const start = performance.now()
  const before = await fanlight.store.getJob(fanlight.project, id)
  if (!fanlight.isCluster) await pauseOthers(context, fanlight, id)
  const job = await work(context, fanlight, { ...request, spec, id, retry, trouble })
  if (job === undefined) return { exitCode: exitCodes.interrupted }
  if (job.state !== 'done') {
    terminal.say(
      `job ${id} is ${job.state}. ${job.state === 'paused' ? howToGoOn(id, request.spec) : 'The same command starts anew'}`,
    )
    return { exitCode: exitCodes.failed }
  }
  const worked = before?.state !== 'done' || job.endedForwards !== before.endedForwards
  return { job, durationMs: worked ? performance.now() - start : undefined }
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
