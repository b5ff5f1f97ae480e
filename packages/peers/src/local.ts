import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { type Launch, LocalServer } from './local-server.ts'
import type { LocalOptions, Peer, PeerName } from './peer.ts'

/** What a peer's own file decides: the command over a folder and a port, and how clients find it. */
export interface Recipe {
  readonly name: PeerName
  /** Writes configuration, and data for the first start, into the folder. May be called again for another port. */
  prepare(folder: string, port: number): Promise<Omit<Launch, 'name' | 'folder' | 'port'>>
  url(port: number): string
  env(folder: string): Record<string, string>
}

const attempts = 4

/** Starts a server. */
export async function startLocal(recipe: Recipe, { folder, port }: LocalOptions): Promise<Peer> {
  const temporary = folder === undefined
  const home = temporary ? await mkdtemp(join(tmpdir(), `fanlight-${recipe.name}-`)) : resolve(folder)
  await mkdir(home, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const chosen = port ?? (await freePort())
    try {
      const launch = { name: recipe.name, folder: home, port: chosen, ...(await recipe.prepare(home, chosen)) }
      const server = await LocalServer.launch(launch, temporary)
      return {
        url: recipe.url(chosen),
        env: recipe.env(home),
        server,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    } catch (error) {
      if (attempt < attempts && isPassing(String(error), port)) {
        await sleep(attempt * 200)
        continue
      }
      if (temporary) await rm(home, { recursive: true, force: true })
      throw error
    }
  }
}

/**
 * A drawn port that somebody took first is a reason to draw again; one that was asked for is not. The backends of a
 * PostgreSQL that was killed take a moment to notice.
 */
function isPassing(failure: string, port: number | undefined): boolean {
  return (port === undefined && /address already in use/i.test(failure)) || /pre-existing shared memory/.test(failure)
}
