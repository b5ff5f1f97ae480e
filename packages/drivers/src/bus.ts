import { kafkaBus } from '@fanlight/bus-kafka'
import { memoryBus } from '@fanlight/bus-memory'
import { natsBus } from '@fanlight/bus-nats'
import type { Bus } from '@fanlight/ports'
import { driverFor, type Openers } from './scheme.ts'

export interface BusConfig {
  readonly FANLIGHT_BUS_URL: string
  readonly FANLIGHT_BUS_USERNAME?: string | undefined
  readonly FANLIGHT_BUS_PASSWORD?: string | undefined
  readonly FANLIGHT_BUS_CA_FILE?: string | undefined
  readonly FANLIGHT_BUS_REPLICAS?: number | undefined
}

const openers: Openers<BusConfig, Bus> = {
  memory: async () => memoryBus(),
  kafka: async ({ FANLIGHT_BUS_URL: url, ...given }) =>
    kafkaBus({ brokers: hostsOf(url), ...tlsOf(given), ...saslOf(given), ...factorOf(given) }),
  nats: async ({ FANLIGHT_BUS_URL: url, ...given }) =>
    natsBus({ servers: hostsOf(url), ...tlsOf(given), ...userOf(given), ...replicasOf(given) }),
}

export const busSchemes = Object.keys(openers)

/** Opens the bus that the URL names: `kafka://host:port,…`, `nats://host:port,…` or `memory://`. */
export const openBus = (config: BusConfig): Promise<Bus> =>
  driverFor('FANLIGHT_BUS_URL', config.FANLIGHT_BUS_URL, openers)(config)

type Given = Omit<BusConfig, 'FANLIGHT_BUS_URL'>

const hostsOf = (url: string): string[] =>
  url
    .slice(url.indexOf('://') + 3)
    .replace(/\/+$/, '')
    .split(',')

const tlsOf = ({ FANLIGHT_BUS_CA_FILE: caFile }: Given) => (caFile ? { tls: { caFile } } : {})

const replicasOf = ({ FANLIGHT_BUS_REPLICAS: replicas }: Given) => (replicas ? { replicas } : {})
const factorOf = ({ FANLIGHT_BUS_REPLICAS: factor }: Given) => (factor ? { replicationFactor: factor } : {})

function userOf({ FANLIGHT_BUS_USERNAME: user, FANLIGHT_BUS_PASSWORD: password = '' }: Given) {
  return user ? { user, password } : {}
}

function saslOf({ FANLIGHT_BUS_USERNAME: username, FANLIGHT_BUS_PASSWORD: password = '' }: Given) {
  return username ? { sasl: { mechanism: 'scram-sha-512' as const, username, password } } : {}
}
