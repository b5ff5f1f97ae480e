import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to the server on which nothing goes on after so many bytes were sent to it. */
export async function stallingProxy(url: string, maxBytes: number) {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let sent = 0
  const stalled = Promise.withResolvers<void>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (chunk) => {
      sent += chunk.length
      if (sent <= maxBytes) return upstream.write(chunk)
      client.pause()
      stalled.resolve()
    })
    // The end of the one is the end of the other: the server sees its client die.
    client.on('close', () => upstream.destroy())
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stalled: stalled.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
