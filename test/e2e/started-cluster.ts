import { readFile } from 'node:fs/promises'
import { type PeerName, peerFor } from '@fanlight/peers'
import type { Running } from './fanlight.ts'

// What tests of `fanlight cluster` share.

/** Why a test that needs these servers cannot run here; false when it can. */
export async function missingPeers(names: readonly PeerName[]): Promise<string | false> {
  for (const name of names) {
    const peer = await peerFor(name)
    if ('missing' in peer) return peer.missing
    await peer[Symbol.asyncDispose]()
  }
  return false
}

/** Rejects when the cluster ends. */
export async function failure(running: Running): Promise<never> {
  const { code, stderr } = await running.ended
  throw new Error(`the cluster ended with ${code}:\n${stderr}`)
}

/** export NAME='VALUE', a line each. */
export async function environmentIn(script: string): Promise<Record<string, string>> {
  const text = await readFile(script, 'utf8')
  return Object.fromEntries([...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]))
}
