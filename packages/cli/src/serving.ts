import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startGateway } from '@fanlight/gateway'
import { startInsideViewer, startInspector } from '@fanlight/inspect'
import { startRenderer } from '@fanlight/render'
import type { Data } from './composition.ts'
import type { CommandContext } from './context.ts'

export interface Serving extends AsyncDisposable {
  readonly url: string
}

/** The HTTP API and the dashboard over what is stored. */
export async function startServing(
  { limits, logger }: CommandContext,
  { project, store, artifacts, images, bus, locate }: Data,
  { port, host }: { port: number; host?: string | undefined },
): Promise<Serving> {
  await using opening = new AsyncDisposableStack()
  const renderer = opening.use(startRenderer({ limits, children: 1 }))
  const { loadTimeoutMs, maxModelBytes, maxResidentBytes, decodeLimits } = limits
  const inspect = opening.use(startInspector({ loadTimeoutMs, maxModelBytes, maxResidentBytes }))
  const inside = opening.use(startInsideViewer({ loadTimeoutMs, maxModelBytes, maxResidentBytes, decodeLimits }))
  const built = fileURLToPath(new URL('../dist/', import.meta.resolve('@fanlight/gateway')))
  const webRoot = existsSync(built) ? built : undefined
  const gateway = await startGateway({
    store,
    artifacts,
    images,
    locate,
    bus,
    project,
    webRoot,
    render: renderer,
    inspect,
    inside,
    maxImageBytes: limits.maxImageBytes,
    logger,
    port,
    ...(host && { host }),
  })
  opening.defer(gateway.close)
  const held = opening.move()
  return { url: gateway.url, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
