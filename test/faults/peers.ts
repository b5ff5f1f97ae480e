import type { TestContext } from 'node:test'
import type { BusName } from '@fanlight/cluster'
import { type PeerName, startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'
import { missingFixtures } from './work.ts'

/**
 * Whether there is what a cluster of this machine takes; skips the test and says why if not. Its servers are killed,
 * so one behind a URL does not do.
 * @throws InputError `NOT_FOUND` for a missing server that REQUIRE_PEERS names
 */
export async function hasCluster(t: TestContext, bus: BusName): Promise<boolean> {
  const missing = await missingForCluster(bus)
  if (missing !== undefined) t.skip(missing)
  return missing === undefined
}

/** Why there can be no cluster here. @throws as `hasCluster` */
export const missingForCluster = async (bus: BusName): Promise<string | undefined> =>
  (await missingFixtures()) ?? (await missingPeer([bus, 's3', 'postgres']))

async function missingPeer(names: readonly PeerName[]): Promise<string | undefined> {
  const required = (process.env.REQUIRE_PEERS ?? '').split(',').map((name) => name.trim())
  for (const name of names) {
    try {
      await (await startPeer(name))[Symbol.asyncDispose]()
    } catch (error) {
      if (!isFanlightError(error) || error.code !== 'NOT_FOUND' || required.includes(name)) throw error
      return error.message
    }
  }
  return undefined
}
