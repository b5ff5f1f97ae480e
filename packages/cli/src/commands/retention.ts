import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Sha256 } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { type Data, openData } from '../composition.ts'
import type { CommandContext } from '../context.ts'
import { escapeText } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { localJobs } from '../job-desk.ts'
import { findPhotos } from '../photos.ts'
import { grouped } from '../progress.ts'
import { jobNamed } from './jobs.ts'

const DAY_MS = 24 * 3600 * 1000

/** `fanlight gc` */
export async function collectGarbage(
  context: CommandContext,
  { olderThanDays }: { olderThanDays: number },
): Promise<ExitCode> {
  await using data = await openData(context)
  const { jobs, explanations } = await data.store.collectGarbage(olderThanDays * DAY_MS)
  const artifacts = await dropUnreferenced(data)
  context.terminal.say(`${jobs} jobs, ${grouped(explanations)} explanations and ${grouped(artifacts)} files removed`)
  return exitCodes.fine
}

/** `fanlight forget IMAGE|JOB`: an image by its path or SHA-256, in every job; or a job by its id. */
export async function forget(context: CommandContext, what: string, { yes }: { yes: boolean }): Promise<ExitCode> {
  const { terminal } = context
  await using data = await openData(context)
  const image = await imageNamed(context, what)
  const job = image === undefined ? (await jobNamed(localJobs(data), what)).id : undefined
  const asked = image === undefined ? `job ${job}` : `image ${image} in every job`
  if (!yes && !(await confirm(context, `forget ${asked}, for good?`))) return exitCodes.failed
  const { items, explanations } =
    image === undefined
      ? await data.store.forgetJob(data.project, job!)
      : await data.store.forgetImage(data.project, image)
  const artifacts = await dropUnreferenced(data)
  terminal.say(
    `forgot ${asked}: ${items} items, ${explanations} explanations and ${artifacts} files. The photos themselves and results folders are untouched`,
  )
  return exitCodes.fine
}

async function imageNamed({ limits, signal }: CommandContext, what: string): Promise<string | undefined> {
  if (Sha256.safeParse(what).success) return what
  if (!existsSync(what)) return undefined
  const [photo] = await findPhotos([what], { limits, signal, onFound: () => {} })
  return photo?.image?.sha256
}

async function confirm({ terminal, signal }: CommandContext, question: string): Promise<boolean> {
  if (!terminal.canAsk) throw new InputError('USAGE', 'nobody can be asked here: say --yes')
  const lines = createInterface({ input: process.stdin, output: terminal.err })
  const answer = await lines.question(`${escapeText(question)} [y/N] `, { signal })
  lines.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** Nothing else runs in this data folder, so that what no row refers to is refuse. */
async function dropUnreferenced({ store, artifacts }: Data): Promise<number> {
  const referenced = await store.referencedArtifacts()
  let dropped = 0
  for await (const key of artifacts.list()) {
    if (referenced.has(key)) continue
    await artifacts.delete(key)
    dropped++
  }
  return dropped
}
