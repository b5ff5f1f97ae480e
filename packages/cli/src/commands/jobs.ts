import type { JobSummary } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { CommandContext } from '../context.ts'
import { safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type JobChange, type JobDesk, openJobDesk } from '../job-desk.ts'
import { grouped } from '../progress.ts'
import { plainTable } from '../results/table.ts'

/** `fanlight jobs list` */
export async function listJobs(context: CommandContext, { json }: { json: boolean }): Promise<ExitCode> {
  await using desk = await openJobDesk(context)
  const jobs = await Array.fromAsync(desk.list())
  if (json) for (const job of jobs) context.terminal.data(safeJson(job))
  else if (jobs.length === 0) context.terminal.say('no jobs yet: "fanlight explain PHOTO" makes one')
  else context.terminal.data(table(jobs))
  return exitCodes.fine
}

/** `fanlight jobs show JOB` */
export async function showJob(context: CommandContext, id: string, { json }: { json: boolean }): Promise<ExitCode> {
  await using desk = await openJobDesk(context)
  const job = await jobNamed(desk, id)
  if (json) context.terminal.data(safeJson(job))
  else context.terminal.data(`${table([job])}\n${plainTable(['', ''], facts(job))}`)
  return exitCodes.fine
}

/** `fanlight jobs pause|resume|cancel JOB` */
export async function changeJob(context: CommandContext, id: string, change: JobChange): Promise<ExitCode> {
  await using desk = await openJobDesk(context)
  const job = await jobNamed(desk, id)
  const state = await desk.change(job.id, change)
  const isWaiting = state === 'running' && !desk.isServed
  const hint = isWaiting ? ': "fanlight serve", or the command that made it, goes on with it' : ''
  context.terminal.say(`job ${job.id} is ${state}${hint}`)
  return exitCodes.fine
}

/**
 * A job by its id or the start of it.
 * @throws InputError `NOT_FOUND` when there is none, or more than one; `USAGE` for an empty id, which starts them all
 */
export async function jobNamed(desk: Pick<JobDesk, 'list'>, start: string): Promise<JobSummary> {
  if (start === '') throw new InputError('USAGE', 'an empty id names no job: see "fanlight jobs list"')
  const found: JobSummary[] = []
  for await (const job of desk.list()) if (job.id.startsWith(start)) found.push(job)
  const [job, another] = found
  if (job && !another) return job
  const what = job ? 'more than one job whose id starts with' : 'no job'
  throw new InputError('NOT_FOUND', `there is ${what} ${JSON.stringify(start)}: see "fanlight jobs list"`)
}

function table(jobs: readonly JobSummary[]): string {
  const rows = jobs.map(({ id, name, state, items, targets, createdAt }) => [
    id,
    state,
    `${items.done + items.failed}/${Object.values(items).reduce((sum, count) => sum + count, 0)}`,
    String(items.failed),
    grouped(targets),
    new Date(createdAt).toISOString().slice(0, 16).replace('T', ' '),
    shorten(name, 48),
  ])
  return plainTable(['job', 'state', 'photos', 'failed', 'targets', 'since (UTC)', 'name'], rows, [2, 3, 4])
}

function facts({ spec, endedForwards, openForwards, itemsWithoutTargets }: JobSummary): string[][] {
  const { detector, methods, policy, seed, nonce } = spec
  return [
    ['detector', `${shorten(detector.name, 60)} (${detector.descriptor.family}, ${detector.sha256})`],
    ['methods', methods.map(({ name, params }) => `${name} ${JSON.stringify(params)}`).join('; ')],
    ['targets', `score ≥ ${policy.minScore}, at most ${policy.maxTargets} a photo, ${policy.objectives.join(', ')}`],
    ['seed', nonce === undefined ? String(seed) : `${seed}, fresh`],
    ['forwards', grouped(endedForwards + openForwards.answered)],
    ['without detections', String(itemsWithoutTargets)],
  ]
}
