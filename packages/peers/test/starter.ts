// Run by lifetime.test.ts: starts the peer named, says its address (or why there is none) and sleeps until it is killed.

import { type PeerName, startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'

const [name, folder] = process.argv.slice(2) as [PeerName, string]
try {
  const { url } = await startPeer(name, { folder })
  process.stdout.write(`${url}\n`)
  setInterval(() => {}, 60_000)
} catch (error) {
  if (!isFanlightError(error) || error.code !== 'NOT_FOUND') throw error
  process.stdout.write(`${error.message}\n`)
}
