import { statfs } from 'node:fs/promises'
import { type Store, TransientError } from '@fanlight/ports'

/** A database that is made new, and its first journal. */
export const NEW_DATABASE_BYTES = 64 * 2 ** 20

/**
 * PostgreSQL keeps its journal in files of 16 MiB. Where it cannot make the next one it panics, and PGlite, which has
 * no process to lose, answers nothing any more: so the work stops while there is still room for it.
 */
export const JOURNAL_BYTES = 24 * 2 ** 20

const LOOK_EVERY_MS = 250

/** The methods by which a store grows; others may be what makes room. */
const GROWING = [
  'createJob',
  'addItems',
  'claimItems',
  'renewLease',
  'openExplanation',
  'askQuestion',
  'startShard',
  'storeAnswer',
  'endExplanation',
  'countTargets',
] as const satisfies readonly (keyof Store)[]

/** The same store, which throws `DISK_FULL` before the disk of its folder is full. */
export function withRoom(store: Store, folder: string): Store {
  let lookedAt = Number.NEGATIVE_INFINITY
  const look = async () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return
    await needRoom(folder, JOURNAL_BYTES)
    lookedAt = performance.now()
  }
  const guarded = GROWING.map((name) => {
    const method = store[name] as (...args: unknown[]) => Promise<unknown>
    return [name, async (...args: unknown[]) => look().then(() => method(...args))]
  })
  return { ...store, ...Object.fromEntries(guarded) }
}

/** @throws TransientError `DISK_FULL` */
export async function needRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes) return
  const [has, needs] = [free, bytes].map((size) => `${Math.floor(size / 2 ** 20)} MiB`)
  throw new TransientError(
    'DISK_FULL',
    `the disk of ${folder} is full: it has ${has} left and the store needs ${needs}; free some space. Nothing is lost, the work goes on from there`,
  )
}
