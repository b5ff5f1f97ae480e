import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findBinary, peersFolder } from './binaries.ts'
import { certificateIn, makeCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import type { Recipe } from './local.ts'
import type { Credentials, LocalOptions } from './peer.ts'

export interface KafkaOptions extends LocalOptions {
  /** Only this user may connect, by the SASL mechanism (default `plain`). A SCRAM user is made at the first start. */
  readonly credentials?: Credentials & { readonly mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' }
  /** Clients must speak TLS; the certificate's own CA is `env.NODE_EXTRA_CA_CERTS`. */
  readonly tls?: boolean
  /** The broker's `message.max.bytes`; Kafka's default is about 1 MiB. */
  readonly maxMessageBytes?: number
}

/** Small and quick: one broker, nothing replicated, no topic that nobody asked for. */
export const brokerSettings: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'false',
  'num.partitions': '1',
  'default.replication.factor': '1',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  // After a crash the broker may register again only when its former self is given up (9 s by default).
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
}

const run = promisify(execFile)
const clusterId = 'ZmFubGlnaHQtcGVlcnMtMQ'

/** Kafka in one process, broker and KRaft controller, from the jars in `.peers/kafka/libs`, on the machine's Java. */
export function kafka(options: KafkaOptions): Recipe | undefined {
  const libs = join(peersFolder(), 'kafka', 'libs')
  const java = findBinary('java')
  if (!java || globSync(join(libs, 'kafka_*.jar')).length === 0) return undefined
  // The JIT's second stage and a heap that is touched at once pay in servers that live longer.
  const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(libs, '*')]
  return {
    name: 'kafka',
    url: (port) => `kafka://127.0.0.1:${port}`,
    env: (folder) => (options.tls ? { NODE_EXTRA_CA_CERTS: certificateIn(folder).certFile } : {}),
    async prepare(folder, port) {
      const config = join(folder, 'server.properties')
      const log4j = join(folder, 'log4j2.properties')
      await writeFile(config, propertiesText(await properties(folder, port, options)), { mode: 0o600 })
      await writeFile(log4j, propertiesText(logging))
      const java17 = [java, ...jvm, `-Dlog4j2.configurationFile=${log4j}`]
      if (!existsSync(join(folder, 'data', 'meta.properties'))) await format(java17, config, options)
      return { command: [...java17, 'kafka.Kafka', config], ready: /Kafka Server started/ }
    },
  }
}

async function format(java: readonly string[], config: string, { credentials }: KafkaOptions): Promise<void> {
  const [command = '', ...args] = java
  const { name, password, mechanism = 'plain' } = credentials ?? { name: '', password: '' }
  const user =
    mechanism === 'plain' ? [] : ['--add-scram', `${mechanism.toUpperCase()}=[name=${name},password=${password}]`]
  await run(command, [...args, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config, ...user])
}

/**
 * One listener for clients, as secure as asked; two plain ones for the broker itself, on loopback too. The quorum is
 * named here and not in the data (`format --standalone`), so that a kept folder serves on whatever ports are free.
 */
async function properties(folder: string, port: number, options: KafkaOptions): Promise<Record<string, string>> {
  const { credentials, tls = false, maxMessageBytes } = options
  const [controller, internal] = [await freePort(), await freePort()]
  const protocol = `${credentials ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `CLIENT://127.0.0.1:${port},INTERNAL://127.0.0.1:${internal},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${port},INTERNAL://127.0.0.1:${internal}`,
    'listener.security.protocol.map': `CLIENT:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    'log.dirs': join(folder, 'data'),
    ...brokerSettings,
    ...(maxMessageBytes !== undefined && { 'message.max.bytes': String(maxMessageBytes) }),
    ...(credentials && saslSettings(credentials)),
    ...(tls && (await tlsSettings(folder))),
  }
}

function saslSettings({ name, password, mechanism = 'plain' }: NonNullable<KafkaOptions['credentials']>) {
  const prefix = `listener.name.client.${mechanism}`
  const [module, users] =
    mechanism === 'plain' ? ['plain.PlainLoginModule', ` user_${name}="${password}"`] : ['scram.ScramLoginModule', '']
  return {
    'sasl.enabled.mechanisms': mechanism.toUpperCase(),
    [`${prefix}.sasl.jaas.config`]: `org.apache.kafka.common.security.${module} required${users};`,
  }
}

async function tlsSettings(folder: string): Promise<Record<string, string>> {
  const { certFile, keyFile } = await makeCertificate(folder)
  const line = async (file: string) => (await readFile(file, 'utf8')).trim().replaceAll('\n', ' \\\n')
  return {
    'listener.name.client.ssl.keystore.type': 'PEM',
    'listener.name.client.ssl.keystore.certificate.chain': await line(certFile),
    'listener.name.client.ssl.keystore.key': await line(keyFile),
  }
}

const logging = {
  'appender.out.type': 'Console',
  'appender.out.name': 'OUT',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%d %p %c{1}: %m%n',
  'rootLogger.level': 'WARN',
  'rootLogger.appenderRef.out.ref': 'OUT',
  'logger.start.name': 'kafka.server.KafkaRaftServer',
  'logger.start.level': 'INFO',
}

const propertiesText = (entries: Record<string, string>) =>
  Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
