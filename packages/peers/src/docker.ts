import { once } from 'node:events'
import { connect } from 'node:net'
import type { GenericContainer } from 'testcontainers'
import { freePort } from './free-port.ts'
import { brokerSettings } from './kafka.ts'
import type { Missing, Peer, PeerName } from './peer.ts'
import { s3Credentials, s3Environment, s3Region } from './s3.ts'
import { versions } from './versions.ts'

interface Image {
  readonly name: string
  /** The port inside. Kafka tells clients its address, so its port is the same inside and out. */
  readonly port: number
  readonly command?: readonly string[]
  readonly environment?: Record<string, string>
  readonly folders?: readonly string[]
  /** A line of its log, and how often it must be there. */
  readonly ready: RegExp
  readonly readyTimes?: number
  url(address: string): string
  readonly env?: Record<string, string>
}

/**
 * A peer in a container that testcontainers removes; undefined where no Docker answers, `missing` where one answers
 * and the container does not come up (no network for the image, for example).
 */
export async function startContainer(name: PeerName): Promise<Peer | Missing | undefined> {
  if (!(await dockerAnswers())) return undefined
  try {
    // Only now: the library is slow to load, and says nothing helpful where there is no Docker.
    const { GenericContainer, Wait } = await import('testcontainers')
    const host = dockerHost()
    const image = await imageOf(name, host)
    const port = { container: image.port, host: name === 'kafka' ? image.port : await freePort() }
    const container: GenericContainer = new GenericContainer(image.name)
      .withExposedPorts(port)
      .withEnvironment(image.environment ?? {})
      .withTmpFs(Object.fromEntries((image.folders ?? []).map((folder) => [folder, 'rw'])))
      .withWaitStrategy(Wait.forAll([Wait.forLogMessage(image.ready, image.readyTimes ?? 1), Wait.forListeningPorts()]))
    const started = await (image.command ? container.withCommand([...image.command]) : container).start()
    return {
      url: image.url(`${host}:${port.host}`),
      env: image.env ?? {},
      [Symbol.asyncDispose]: async () => void (await started.stop()),
    }
  } catch (error) {
    return { missing: `Docker answers but brought no ${name}: ${error instanceof Error ? error.message : error}` }
  }
}

async function imageOf(name: PeerName, host: string): Promise<Image> {
  switch (name) {
    case 'kafka':
      return kafkaImage(host, await freePort())
    case 'nats':
      return {
        name: `nats:${versions.nats}`,
        port: 4222,
        command: ['-js', '-sd', '/data'],
        ready: /Server is ready/,
        url: (address) => `nats://${address}`,
      }
    case 's3': {
      const { name: access, password: secret } = s3Credentials
      return {
        name: `versity/versitygw:v${versions.versitygw}`,
        port: 7070,
        command: ['--region', s3Region, 'posix', '--sidecar', '/attributes', '/buckets'],
        environment: { ROOT_ACCESS_KEY_ID: access, ROOT_SECRET_ACCESS_KEY: secret },
        folders: ['/attributes', '/buckets'],
        ready: /S3 service listening/,
        url: (address) => `http://${address}`,
        env: s3Environment(s3Credentials),
      }
    }
    case 'postgres':
      return {
        name: `postgres:${versions.postgres}`,
        port: 5432,
        environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
        ready: /ready to accept connections/,
        // First the one that sets up; it has no port.
        readyTimes: 2,
        url: (address) => `postgres://postgres@${address}/postgres`,
      }
  }
}

function kafkaImage(host: string, port: number): Image {
  const settings = {
    ...brokerSettings,
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:29093',
    listeners: `CLIENT://0.0.0.0:${port},CONTROLLER://localhost:29093`,
    'advertised.listeners': `CLIENT://${host}:${port}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
  }
  return {
    name: `apache/kafka:${versions.kafka}`,
    port,
    // The image reads server.properties from variables.
    environment: Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value]),
    ),
    ready: /Kafka Server started/,
    url: (address) => `kafka://${address}`,
  }
}

function dockerHost(): string {
  const remote = process.env.DOCKER_HOST
  return remote?.startsWith('tcp://') ? new URL(remote).hostname : '127.0.0.1'
}

async function dockerAnswers(): Promise<boolean> {
  const address = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
  if (!URL.canParse(address)) return false
  const { protocol, hostname, port, pathname } = new URL(address)
  const socket =
    protocol === 'unix:' ? connect(pathname) : connect({ host: hostname, port: Number(port) || 2375, timeout: 1000 })
  socket.on('timeout', () => socket.destroy(new Error('no answer')))
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
