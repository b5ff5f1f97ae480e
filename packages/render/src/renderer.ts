import type { DecodeLimits } from '@fanlight/image'
import { type SupervisedChild, superviseChild, WorkerError } from '@fanlight/supervise'
import type { RenderReply, RenderRequest } from './render-child.ts'

type Asked<Draw> = Omit<Extract<RenderRequest, { draw: Draw }>, 'draw' | 'limits'>
type Drawn<Draw> = Omit<Extract<RenderReply, { draw: Draw }>, 'draw'>

/** Draws in supervised children; a photo that takes one down costs its own picture only. */
export interface Renderer extends AsyncDisposable {
  /** @throws InputError `IMAGE_*`; TransientError `WORKER_*` */
  thumbnail(photo: Uint8Array, side: number): Promise<Uint8Array>
  /** @throws InputError `IMAGE_*`; TransientError `WORKER_*` */
  overlays(asked: Asked<'overlays'>): Promise<Drawn<'overlays'>>
}

const MAX_RESIDENT_BYTES = 2 * 2 ** 30
/** For a picture; a photo with a hundred targets gets a hundred times that. */
const PICTURE_TIMEOUT_MS = 30_000

export interface RendererOptions {
  readonly limits: { readonly loadTimeoutMs: number; readonly decodeLimits: DecodeLimits }
  /** Started when they are needed, at most so many. */
  readonly children: number
}

export function startRenderer({ limits, children }: RendererOptions): Renderer {
  const { loadTimeoutMs, decodeLimits } = limits
  const pool: SupervisedChild<RenderRequest, unknown>[] = []
  let closed = false

  function child(): SupervisedChild<RenderRequest, unknown> {
    for (const dead of pool.filter(({ alive }) => !alive)) pool.splice(pool.indexOf(dead), 1)
    const idlest = pool.toSorted((a, b) => a.pending - b.pending)[0]
    if (idlest && (idlest.pending === 0 || pool.length >= children)) return idlest
    const entry = new URL('./render-child.ts', import.meta.url)
    const started = superviseChild<RenderRequest, unknown>({
      entry,
      name: 'renderer',
      maxResidentBytes: MAX_RESIDENT_BYTES,
      loadTimeoutMs,
    })
    pool.push(started)
    return started
  }

  async function ask<Draw extends RenderReply['draw']>(
    request: RenderRequest,
    timeoutMs: number,
  ): Promise<Drawn<Draw>> {
    for (;;) {
      try {
        return (await child().request(request, { timeoutMs })) as Drawn<Draw>
      } catch (error) {
        // Another photo took the child that this one waited in.
        if (closed || !(error instanceof WorkerError) || error.started) throw error
      }
    }
  }

  return {
    async thumbnail(photo, side) {
      const request = { draw: 'thumbnail', photo, side, limits: decodeLimits } as const
      return (await ask<'thumbnail'>(request, PICTURE_TIMEOUT_MS)).picture
    },
    overlays(asked) {
      const request = { draw: 'overlays', ...asked, limits: decodeLimits } as const
      return ask<'overlays'>(request, PICTURE_TIMEOUT_MS * (1 + asked.overlays.length))
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await Promise.all(pool.map((each) => each.close()))
    },
  }
}
