import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the kernel draws ports for outgoing connections: a server that is stopped for a moment
// finds its port free again.
const first = 20_000
const last = 32_000

/** A loopback port that is free at this moment. Another process may still be quicker: whoever uses it tries again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(first, last)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${first} and ${last} on 127.0.0.1 in 100 draws`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
