import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hashOf, JobSource, type JobSpec } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { type Data, openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { safeJson } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { AskOptions } from '../explain-request.ts'
import { handOverDetector } from '../handover.ts'
import { specOf } from './explain.ts'

export interface StartJobOptions extends AskOptions {
  readonly json: boolean
  readonly maxPhotos?: number
  readonly budget?: number
  readonly name?: string
}

/** `fanlight jobs start SOURCE`: leaves a job to whoever works on jobs, and returns at once. */
export async function startJob(context: CommandContext, place: string, options: StartJobOptions): Promise<ExitCode> {
  const source = sourceOf(place, options.maxPhotos)
  const asked = await specOf(context, options)
  await using data = await openData(context)
  const detector = await handOverDetector(data, asked.detector)
  const { budget: forwards } = options
  const spec: JobSpec = { ...asked, detector, ...(forwards !== undefined && { budget: { forwards } }) }
  const id = await sourceJobId(data, spec, source)
  const name = (options.name ?? `${detector.name} on ${place}`).slice(0, 200)
  await sendOutbox(data, await data.store.createJob({ project: data.project, id, name, spec, source }))
  if (options.json) context.terminal.data(safeJson(await data.store.getJob(data.project, id)))
  else context.terminal.data(id)
  const works = data.isCluster ? '' : '; "fanlight serve" works on it'
  context.terminal.say(`job ${id} is started${works}: "fanlight jobs show ${id}" tells how far it is`)
  return exitCodes.fine
}

/** @throws InputError `USAGE` for what is neither a folder nor a prefix */
function sourceOf(place: string, maxPhotos: number | undefined): JobSource {
  const uri = /^[a-z0-9+]+:\/\//i.test(place) ? place : pathToFileURL(resolve(place)).href
  const source = JobSource.safeParse({ uri, ...(maxPhotos !== undefined && { maxPhotos }) })
  if (source.success) return source.data
  throw new InputError('USAGE', `${JSON.stringify(place)} is no source: give s3://bucket/prefix/ or a folder`)
}

/** The same request over the same source is the same job, unless that was cancelled. */
async function sourceJobId({ project, store }: Data, spec: JobSpec, source: JobSource): Promise<string> {
  const { detector, methods, policy, seed, nonce = null, budget = null } = spec
  for (let turn = 1; ; turn++) {
    const id = hashOf(['source job', detector.id, methods, policy, seed, nonce, budget, source, turn]).slice(0, 16)
    if ((await store.getJob(project, id))?.state !== 'cancelled') return id
  }
}
