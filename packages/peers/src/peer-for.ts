import { InputError, isFanlightError } from '@fanlight/ports'
import { startContainer } from './docker.ts'
import type { Missing, Peer, PeerName } from './peer.ts'
import { s3Credentials, s3Environment } from './s3.ts'
import { startPeer } from './start-peer.ts'

/**
 * A server for a test: the one that TEST_KAFKA_URL (TEST_NATS_URL, TEST_S3_URL, TEST_POSTGRES_URL) names; else a
 * container, where Docker answers; else a process of this machine.
 *
 * @throws InputError NOT_FOUND when there is none and REQUIRE_PEERS (names, comma-separated) holds its name
 */
export async function peerFor(name: PeerName): Promise<Peer | Missing> {
  const url = process.env[`TEST_${name.toUpperCase()}_URL`]
  if (url) return { url, env: environmentOf(name), [Symbol.asyncDispose]: async () => {} }
  const container = await startContainer(name)
  if (container !== undefined && !('missing' in container)) return container
  try {
    return await startPeer(name)
  } catch (error) {
    if (!isFanlightError(error) || error.code !== 'NOT_FOUND') throw error
    const missing = container === undefined ? error.message : `${error.message} (${container.missing})`
    if (isRequired(name)) throw new InputError('NOT_FOUND', `REQUIRE_PEERS names ${name}: ${missing}`)
    return { missing }
  }
}

/** Whoever gives a URL gives what else it takes in the usual variables. */
function environmentOf(name: PeerName): Record<string, string> {
  const defaults = name === 's3' ? s3Environment(s3Credentials) : {}
  const variables = [...Object.keys(defaults), 'NODE_EXTRA_CA_CERTS']
  const given = variables.flatMap((variable) => {
    const value = process.env[variable]
    return value ? [[variable, value] as const] : []
  })
  return { ...defaults, ...Object.fromEntries(given) }
}

function isRequired(name: PeerName): boolean {
  const required = (process.env.REQUIRE_PEERS ?? '').split(',').map((entry) => entry.trim())
  return required.includes(name)
}
