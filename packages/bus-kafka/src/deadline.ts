import { setTimeout as sleep } from 'node:timers/promises'

/** The work's result, or undefined when it takes longer; it goes on then, and nobody hears how it ends. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const early = new AbortController()
  try {
    return await Promise.race([work, sleep(ms, undefined, { signal: early.signal })])
  } finally {
    early.abort()
  }
}

/**
 * Tries until it succeeds. An attempt that is under way at the deadline may yet succeed.
 * @param isFinal whether another attempt is of no use
 * @throws the last attempt's error; or an Error, when the time is over before any failed
 */
export async function persist<T>(ms: number, work: () => Promise<T>, isFinal: (error: unknown) => boolean): Promise<T> {
  const deadline = performance.now() + ms
  let last: unknown = new Error(`no answer within ${ms} ms`)
  for (let left = ms; left > 0; left = deadline - performance.now()) {
    let result: { value: T } | undefined
    try {
      result = await within(left, boxed(work()))
    } catch (error) {
      if (isFinal(error)) throw error
      last = error
      await sleep(Math.min(pauseMs, Math.max(0, deadline - performance.now())))
    }
    if (result) return result.value
  }
  throw last
}

const pauseMs = 200

const boxed = async <T>(work: Promise<T>) => ({ value: await work })
