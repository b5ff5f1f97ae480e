import { sha256 } from '@fanlight/contracts'
import { LRUCache } from 'lru-cache'
import { HttpProblem } from './problem.ts'

/** How far a look has come. */
export interface LookProgress {
  readonly doing: string
  readonly done: number
  readonly of: number
}

/** What the work of a look is given. */
export interface Looking {
  /** Aborted when nobody waits for it any more, and when it takes too long. */
  readonly signal: AbortSignal
  tell(progress: LookProgress): void
  /** @returns the name under which `picture` finds it, for as long as the look is kept */
  keep(picture: Uint8Array): string
}

export type LookAnswer<View> =
  | { readonly view: View; readonly progress?: undefined }
  | { readonly view?: undefined; readonly progress: LookProgress }

/** How long whoever asks is ready to wait, and whether he still is. */
export interface Patience {
  readonly seconds: number
  readonly gone: AbortSignal
}

interface Look {
  readonly ended: Promise<unknown>
  readonly abort: AbortController
  readonly pictures: ReadonlyMap<string, Uint8Array>
  readonly far: { readonly progress: LookProgress }
  asking: number
  idle?: NodeJS.Timeout | undefined
}

interface Kept {
  readonly view: unknown
  readonly pictures: ReadonlyMap<string, Uint8Array>
}

/** Further ones are refused: each takes a processor for seconds to minutes. */
const MAX_LOOKS = 8
const MAX_LOOK_MS = 300_000
/** A look that nobody has asked about for so long is given up. */
const IDLE_MS = 10_000
const MAX_KEPT_BYTES = 64 * 2 ** 20
const MAX_KEPT_MS = 600_000

/**
 * Looks into networks: work of seconds to minutes, by key. One that several ask for is done once. Who does not wait for
 * its end is told how far it is, and asks again.
 */
export function looks({ idleMs = IDLE_MS }: { idleMs?: number } = {}) {
  const running = new Map<string, Look>()
  const kept = new LRUCache<string, Kept>({
    ttl: MAX_KEPT_MS,
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ pictures }) =>
      [...pictures.values()].reduce((sum, { byteLength }) => sum + byteLength, 200_000),
  })

  function begin(key: string, work: (looking: Looking) => Promise<unknown>): Look {
    if (running.size >= MAX_LOOKS) {
      throw new HttpProblem(503, `This gateway looks into ${MAX_LOOKS} networks already: try again in a minute`)
    }
    const look = started(work)
    running.set(key, look)
    // Whoever asks next is told what went wrong.
    void look.ended.then(
      (view) => {
        kept.set(key, { view, pictures: look.pictures })
        running.delete(key)
      },
      () => {},
    )
    return look
  }

  function drop(key: string, look: Look): void {
    look.abort.abort()
    if (running.get(key) === look) running.delete(key)
  }

  return {
    /** @throws what `work` throws, and HttpProblem 422 when it takes too long, 503 when too many are under way */
    async ask<View>(
      key: string,
      { seconds, gone }: Patience,
      work: (looking: Looking) => Promise<View>,
    ): Promise<LookAnswer<View>> {
      const known = kept.get(key)
      // The key says what kind of view it is.
      if (known) return { view: known.view as View }
      const look = running.get(key) ?? begin(key, work)
      clearTimeout(look.idle)
      look.asking += 1
      try {
        const view = await Promise.race([look.ended, passed(seconds, gone)])
        return view === undefined ? { progress: look.far.progress } : { view: view as View }
      } catch (error) {
        drop(key, look)
        throw error
      } finally {
        look.asking -= 1
        if (look.asking === 0 && running.get(key) === look) look.idle = setTimeout(drop, idleMs, key, look).unref()
      }
    },
    picture(name: string): Uint8Array | undefined {
      for (const { pictures } of kept.values()) {
        const picture = pictures.get(name)
        if (picture) return picture
      }
      return undefined
    },
    close(): void {
      for (const [key, look] of running) drop(key, look)
    },
  }
}

/** @returns the work, under way; it ends in an HttpProblem 422 when it takes too long */
function started(work: (looking: Looking) => Promise<unknown>): Look {
  const abort = new AbortController()
  const late = AbortSignal.timeout(MAX_LOOK_MS)
  const pictures = new Map<string, Uint8Array>()
  const far = { progress: { doing: 'opening the network', done: 0, of: 0 } as LookProgress }
  const looking: Looking = {
    signal: AbortSignal.any([abort.signal, late]),
    tell(progress) {
      far.progress = progress
    },
    keep(picture) {
      const name = sha256(picture)
      pictures.set(name, picture)
      return name
    },
  }
  const ended = work(looking).catch((error: unknown) => {
    if (!late.aborted) throw error
    const remedy = 'take fewer photos or steps, or a smaller network'
    throw new HttpProblem(422, `This took longer than ${MAX_LOOK_MS / 1000} s and was given up: ${remedy}`)
  })
  return { ended, abort, pictures, far, asking: 0 }
}

function passed(seconds: number, gone: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const leave = () => {
      clearTimeout(timer)
      gone.removeEventListener('abort', leave)
      resolve(undefined)
    }
    const timer = setTimeout(leave, seconds * 1000)
    if (gone.aborted) leave()
    else gone.addEventListener('abort', leave)
  })
}
