import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary } from './binaries.ts'
import { certificateIn, makeCertificate } from './certificate.ts'
import type { Recipe } from './local.ts'
import type { Credentials, LocalOptions } from './peer.ts'

export interface NatsOptions extends LocalOptions {
  /** Only this user may connect. */
  readonly credentials?: Credentials
  /** Clients must speak TLS; the certificate's own CA is `env.NODE_EXTRA_CA_CERTS`. */
  readonly tls?: boolean
}

/** nats-server with JetStream on disk. */
export function nats({ credentials, tls = false }: NatsOptions): Recipe | undefined {
  const binary = findBinary('nats-server', '/usr/sbin')
  if (!binary) return undefined
  return {
    name: 'nats',
    url: (port) => `nats://127.0.0.1:${port}`,
    env: (folder) => (tls ? { NODE_EXTRA_CA_CERTS: certificateIn(folder).certFile } : {}),
    async prepare(folder, port) {
      const files = tls ? await makeCertificate(folder) : undefined
      const settings = {
        host: '127.0.0.1',
        port,
        server_name: 'fanlight-peer',
        jetstream: { store_dir: join(folder, 'jetstream') },
        ...(credentials && { authorization: { user: credentials.name, password: credentials.password } }),
        ...(files && { tls: { cert_file: files.certFile, key_file: files.keyFile } }),
      }
      // JSON is a subset of the server's own format.
      const config = join(folder, 'nats.conf')
      await writeFile(config, JSON.stringify(settings, undefined, 2), { mode: 0o600 })
      return { command: [binary, '-c', config], ready: /Server is ready/ }
    },
  }
}
