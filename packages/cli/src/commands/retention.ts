import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Sha256 } from '@fanlight/contracts'
import { InputError, systemClock } from '@fanlight/ports'
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
  const artifacts = await dropUnreferenced(context, data)
  context.terminal.say(`${jobs} jobs, ${grouped(explanations)} explanations and ${grouped(artifacts)} files removed`)
  return exitCodes.fine
}

/** `fanlight forget IMAGE|FOLDER|JOB`: images by their path or SHA-256, in every job; or a job by its id. */
export async function forget(context: CommandContext, what: string, { yes }: { yes: boolean }): Promise<ExitCode> {
  const { terminal } = context
  if (what.trim() === '') throw new InputError('USAGE', 'an empty name is nothing to forget: name a photo or a job')
  await using data = await openData(context)
  const { asked, removals } = await named(context, data, what)
  if (!yes && !(await confirm(context, `forget ${asked}, for good?`))) return exitCodes.failed
  const before = await data.store.referencedArtifacts()
  let items = 0
  let explanations = 0
  for (const remove of removals) {
    const removed = await remove()
    items += removed.items
    explanations += removed.explanations
  }
  const artifacts = await dropForgotten(data, before)
  terminal.say(
    `forgot ${asked}: ${items} items, ${explanations} explanations and ${artifacts} files. The photos themselves and results folders are untouched`,
  )
  return exitCodes.fine
}

/** What a name stands for, in words, and how each of it is removed. */
async function named(context: CommandContext, data: Data, what: string) {
  const { project, store } = data
  const images = await imagesNamed(context, what)
  if (images === undefined) {
    const { id } = await jobNamed(localJobs(data), what)
    return { asked: `job ${id}`, removals: [() => store.forgetJob(project, id)] }
  }
  const [image] = images
  const said = images.length === 1 ? `image ${image}` : `${grouped(images.length)} images of ${what}`
  return { asked: `${said} in every job`, removals: images.map((each) => () => store.forgetImage(project, each)) }
}

/** @throws InputError `INPUT_NOT_FOUND` when there is no photo where the path leads */
export async function imagesNamed(
  { limits, signal }: Pick<CommandContext, 'limits' | 'signal'>,
  what: string,
): Promise<readonly string[] | undefined> {
  if (Sha256.safeParse(what).success) return [what]
  if (!existsSync(what)) return undefined
  const photos = await findPhotos([what], { limits, signal, onFound: () => {} })
  const images = new Set(photos.flatMap(({ image }) => image?.sha256 ?? []))
  if (images.size > 0) return [...images]
  throw new InputError('INPUT_NOT_FOUND', `no photo of ${JSON.stringify(what)} can be read: name its SHA-256 instead`)
}

/** Ctrl-C and Ctrl-D are a no. */
async function confirm({ terminal, signal }: CommandContext, question: string): Promise<boolean> {
  if (!terminal.canAsk) throw new InputError('USAGE', 'nobody can be asked here: say --yes')
  const lines = createInterface({ input: process.stdin, output: terminal.err })
  try {
    const answer = await lines.question(`${escapeText(question)} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return false
    throw error
  } finally {
    lines.close()
  }
}

/** Others may be at work: what nothing refers to now may be put a moment before something does. */
const GRACE_MS = 10 * 60_000

/** Files that nothing refers to; in a cluster, that nothing referred to ten minutes ago either. */
async function dropUnreferenced({ terminal, signal }: CommandContext, data: Data): Promise<number> {
  const candidates = await Array.fromAsync(unreferenced(data))
  if (candidates.length === 0) return 0
  if (data.isCluster) {
    const minutes = GRACE_MS / 60_000
    terminal.say(
      `${grouped(candidates.length)} files that nothing refers to; looking again in ${minutes} minutes, since others are at work (Ctrl-C leaves them)`,
    )
    await systemClock.sleep(GRACE_MS, signal)
    signal.throwIfAborted()
  }
  return drop(data, candidates)
}

async function* unreferenced({ store, artifacts }: Data): AsyncGenerator<string> {
  const referenced = await store.referencedArtifacts()
  for await (const key of artifacts.list()) if (!referenced.has(key)) yield key
}

type Files = Pick<Data, 'store' | 'artifacts' | 'isCluster'>

/** What was referred to before and is not now. */
export async function dropForgotten(files: Files, before: ReadonlySet<string>): Promise<number> {
  return drop(files, [...before.difference(await files.store.referencedArtifacts())])
}

/** Where others are at work, references are looked at again for every so many files; `gc` finds what is left of them. */
const DROPS_A_LOOK = 50

/** Deletes those that nothing refers to a moment before. @returns how many */
async function drop({ store, artifacts, isCluster }: Files, keys: readonly string[]): Promise<number> {
  let dropped = 0
  const dropsALook = isCluster ? DROPS_A_LOOK : keys.length
  for (let at = 0; at < keys.length; at += dropsALook) {
    const referenced = await store.referencedArtifacts()
    for (const key of keys.slice(at, at + dropsALook)) {
      if (referenced.has(key)) continue
      await artifacts.delete(key)
      dropped++
    }
  }
  return dropped
}
