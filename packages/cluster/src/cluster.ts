import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { variables as aggregator } from '@fanlight/aggregator/config'
import { variables as explainer } from '@fanlight/explainer/config'
import { variables as gateway } from '@fanlight/gateway/config'
import { variables as inference } from '@fanlight/inference/config'
import { variables as ingest } from '@fanlight/ingest/config'
import { processVariables } from '@fanlight/service-kit/run'
import { type BusName, environmentOf, type Servers, startServers } from './servers.ts'
import { type ServiceName, ServiceProcess, type ServiceProcessOptions, serviceNames } from './service-process.ts'

export interface ClusterOptions {
  readonly bus: BusName
  /** Data of the servers, and everybody's logs. */
  readonly folder: string
  /** Processes of each service. @default one each */
  readonly replicas?: Partial<Readonly<Record<ServiceName, number>>>
  /** More variables for the services. */
  readonly env?: Readonly<Record<string, string>>
  /** And for the how-manieth process of a service, such as `inference-2`. */
  readonly envOf?: ServiceProcessOptions['envOf']
  /** Of the API and the dashboard; a free one when it is 0. @default 0 */
  readonly port?: number
  /** Told what is being started. */
  readonly onProgress?: (what: string) => void
}

export interface Cluster extends AsyncDisposable {
  /** What another process needs to reach it: `FANLIGHT_*`, `AWS_*`. */
  readonly env: Readonly<Record<string, string>>
  readonly servers: Servers
  readonly services: readonly ServiceProcess[]
  /** Of the API and the dashboard. */
  readonly url: string
}

/** A variable that a service does not know is a mistake, and it says so: each is given its own. */
const variablesOf = { aggregator, explainer, gateway, inference, ingest } as const

/**
 * Starts broker, S3, PostgreSQL and the five services as processes of this machine, and waits until all are ready.
 * A service that dies is started again. Disposal drains the services, then stops the servers.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { bus, folder, replicas = {}, port = 0, onProgress = () => {} } = options
  await using opening = new AsyncDisposableStack()
  await mkdir(join(folder, 'logs'), { recursive: true })
  onProgress(`${bus}, S3 and PostgreSQL`)
  const servers = await startServers(bus, folder, opening)
  const env = { ...environmentOf(servers), ...options.env }
  const common = {
    ...env,
    // Where each serves is read from its log, which goes to a file anyway.
    FANLIGHT_LOG: options.env?.FANLIGHT_LOG === 'debug' ? 'debug' : 'info',
    FANLIGHT_HEALTH_HOST: '127.0.0.1',
    FANLIGHT_HEALTH_PORT: '0',
    FANLIGHT_SCRATCH: join(folder, 'scratch'),
    FANLIGHT_HOST: '127.0.0.1',
    FANLIGHT_PORT: String(port),
  }
  onProgress('the services')
  // Together, and stopped together: one after the other would wait for each drain.
  const services = serviceNames.flatMap((name) =>
    Array.from({ length: replicas[name] ?? 1 }, (_, index) => {
      const logFile = join(folder, 'logs', `${name}-${index + 1}.log`)
      const known = new Set(Object.keys({ ...processVariables, ...variablesOf[name] }))
      const given = Object.entries(common).filter(
        ([variable]) => known.has(variable) || !variable.startsWith('FANLIGHT_'),
      )
      const { envOf } = options
      return new ServiceProcess({ name, number: index + 1, env: Object.fromEntries(given), envOf, logFile })
    }),
  )
  opening.defer(async () => {
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()))
  })
  await Promise.all(services.map((service) => service.ready()))
  const url = services.find(({ name }) => name === 'gateway')?.url ?? ''
  const held = opening.move()
  return { env, servers, services, url, [Symbol.asyncDispose]: () => held.disposeAsync() }
}
