import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { InputError } from '@fanlight/ports'
import { findBinary } from './binaries.ts'
import { certificateIn, makeCertificate } from './certificate.ts'
import type { Recipe } from './local.ts'
import type { LocalOptions } from './peer.ts'
import { isAlive, isZombie } from './process-tree.ts'

export interface PostgresOptions extends LocalOptions {
  /** Clients may speak TLS; the certificate's own CA is `env.NODE_EXTRA_CA_CERTS`. */
  readonly tls?: boolean
  /** false: no fsync. Quicker, and as safe as before against crashes of the server, but not of the machine. */
  readonly durable?: boolean
  /** Further settings of postgresql.conf, for example `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

interface User {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** PostgreSQL over a fresh cluster; user and database `postgres`, no password, loopback only. */
export function postgres({ tls = false, durable = true, settings = {} }: PostgresOptions): Recipe | undefined {
  const binary = findBinary('postgres', '/usr/lib/postgresql/*/bin')
  const initdb = findBinary('initdb', '/usr/lib/postgresql/*/bin')
  if (!binary || !initdb) return undefined
  return {
    name: 'postgres',
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    env: (folder) => (tls ? { NODE_EXTRA_CA_CERTS: certificateIn(folder).certFile } : {}),
    async prepare(folder, port) {
      const user = await otherThanRoot()
      const data = join(folder, 'data')
      if (user) await chown(folder, user.uid, user.gid)
      if (!existsSync(data)) await initialise(initdb, data, user)
      await clearStaleLock(join(data, 'postmaster.pid'))
      const files = tls ? await makeCertificate(folder) : undefined
      if (files && user) await chown(files.keyFile, user.uid, user.gid)
      const config = {
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: '',
        fsync: durable ? 'on' : 'off',
        ...(files && { ssl: 'on', ssl_cert_file: files.certFile, ssl_key_file: files.keyFile }),
        ...settings,
      }
      const options = Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`])
      return {
        command: [binary, '-D', data, ...options],
        ready: /database system is ready to accept connections/,
        // SIGTERM would wait for every client to go.
        orderlySignal: 'SIGINT',
        ...(user && { user }),
      }
    },
  }
}

async function initialise(initdb: string, data: string, user: User | undefined): Promise<void> {
  // Elsewhere first: what stands under its name is whole, even after a crash in here.
  const draft = `${data}.new`
  await rm(draft, { recursive: true, force: true })
  const access = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  try {
    await run(initdb, ['-D', draft, ...access], { cwd: '/', ...user })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const hint = user ? `; it runs as user ${user.uid}, who must be able to enter the folders above` : ''
    throw new InputError('CONFIGURATION_INVALID', `initdb made no cluster in ${data}${hint}: ${why}`, { cause: error })
  }
  await rename(draft, data)
}

/**
 * PostgreSQL takes the lock of a server that was killed for that of a living one as long as its process stands in the
 * table: while it ends, and, where nobody reaps orphans (a container's init), for ever.
 */
async function clearStaleLock(lock: string): Promise<void> {
  for (let attempt = 0; attempt < 40 && existsSync(lock); attempt++) {
    const pid = Number((await readFile(lock, 'utf8')).split('\n')[0])
    if (isZombie(pid)) return rm(lock, { force: true })
    if (!isAlive(pid)) return
    await sleep(50)
  }
}

/** PostgreSQL refuses to run as root: then it is `postgres`, or else `nobody`. */
async function otherThanRoot(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const entry = ['postgres', 'nobody'].map((wanted) => users.find(([name]) => name === wanted)).find(Boolean)
  if (!entry) throw new InputError('CONFIGURATION_INVALID', 'PostgreSQL must not run as root: add a user "postgres"')
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}
