import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { join } from 'node:path'
import { findBinary } from './binaries.ts'
import { certificateIn, makeCertificate } from './certificate.ts'
import type { Recipe } from './local.ts'
import type { Credentials, LocalOptions } from './peer.ts'

export interface S3Options extends LocalOptions {
  /** The access key (`name`) and secret key (`password`); default fanlight and fanlight-secret. */
  readonly credentials?: Credentials
  /** Clients must speak TLS; the certificate's own CA is `env.NODE_EXTRA_CA_CERTS`. */
  readonly tls?: boolean
}

export const s3Region = 'us-east-1'
export const s3Credentials: Credentials = { name: 'fanlight', password: 'fanlight-secret' }

export const s3Environment = ({ name, password }: Credentials): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: name,
  AWS_SECRET_ACCESS_KEY: password,
  AWS_REGION: s3Region,
})

/** versitygw over a folder: path-style addresses, no bucket at the start. */
export function s3({ credentials = s3Credentials, tls = false }: S3Options): Recipe | undefined {
  const binary = findBinary('versitygw')
  if (!binary) return undefined
  return {
    name: 's3',
    url: (port) => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    env: (folder) => ({
      ...s3Environment(credentials),
      ...(tls && { NODE_EXTRA_CA_CERTS: certificateIn(folder).certFile }),
    }),
    async prepare(folder, port) {
      const [buckets, attributes] = [join(folder, 'buckets'), join(folder, 'attributes')]
      await Promise.all([mkdir(buckets, { recursive: true }), mkdir(attributes, { recursive: true })])
      const files = tls ? await makeCertificate(folder) : undefined
      const ca = files && (await readFile(files.certFile))
      // It says nothing once it listens; a path that only this process knows does.
      const health = `/health-${randomUUID()}`
      const secure = files ? ['--cert', files.certFile, '--key', files.keyFile] : []
      const global = [
        '--port',
        `127.0.0.1:${port}`,
        '--region',
        s3Region,
        '--health',
        health,
        '--keep-alive',
        '--quiet',
      ]
      return {
        // Attributes beside the objects: not every file system has extended ones.
        command: [binary, ...global, ...secure, 'posix', '--sidecar', attributes, buckets],
        env: { ROOT_ACCESS_KEY_ID: credentials.name, ROOT_SECRET_ACCESS_KEY: credentials.password },
        ready: /single account mode/,
        probe: () => isHealthy(port, health, ca),
      }
    },
  }
}

async function isHealthy(port: number, path: string, ca: Buffer | undefined): Promise<boolean> {
  // Whoever else holds the port may accept and never answer.
  const signal = AbortSignal.timeout(1000)
  const address = { host: '127.0.0.1', port, path, signal, agent: false } as const
  const request = ca ? httpsGet({ ...address, ca }) : httpGet(address)
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode === 200
  } catch {
    return false
  }
}
