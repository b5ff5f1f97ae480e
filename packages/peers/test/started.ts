import type { TestContext } from 'node:test'
import { type Peer, type PeerName, type PeerOptions, type PeerServer, startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'

export type Started = Peer & { readonly server: PeerServer }

/** A server of this machine for one test; the test is skipped where its program is missing and nobody requires it. */
export async function started<Name extends PeerName>(
  t: TestContext,
  name: Name,
  options?: PeerOptions[Name],
): Promise<Started | undefined> {
  try {
    const peer = await startPeer(name, options)
    t.after(() => peer[Symbol.asyncDispose]())
    if (!peer.server) throw new Error(`${name} cannot be stopped`)
    return { ...peer, server: peer.server }
  } catch (error) {
    if (!isFanlightError(error) || error.code !== 'NOT_FOUND') throw error
    skip(t, name, error.message)
    return undefined
  }
}

export function skip(t: TestContext, name: PeerName, why: string): void {
  const required = (process.env.REQUIRE_PEERS ?? '').split(',').includes(name)
  if (required) throw new Error(`REQUIRE_PEERS names ${name}: ${why}`)
  t.skip(why)
}
