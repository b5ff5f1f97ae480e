import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ObjectStorage, type S3Options } from '@fanlight/s3'

export interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that answers what a real one seldom does. `answer` is told how many requests came before. */
export async function standIn(answer: (seen: Seen, response: ServerResponse, before: number) => void) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const { method = '', headers } = request
    const entry = { method, url: new URL(request.url ?? '', 'http://stand-in'), headers, body: await text(request) }
    seen.push(entry)
    answer(entry, response, seen.length - 1)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'somebody', secretAccessKey: 'the-secret' }
  return {
    endpoint,
    seen,
    storage: (options: S3Options = {}) => new ObjectStorage({ endpoint, credentials, region: 'us-east-1', ...options }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export function refuse(response: ServerResponse, status: number, code: string, message = code): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
}

export function page(response: ServerResponse, keys: readonly string[], rest: string): void {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')
  response.writeHead(200, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><ListBucketResult>${contents}${rest}</ListBucketResult>`)
}
