import { readFile } from 'node:fs/promises'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { PeerName } from '@fanlight/peers'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import pg from 'pg'
import type { Started } from './started.ts'

export interface Access {
  readonly name?: string
  readonly password?: string
  readonly mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512'
}

/** What every server must do: take a text, and give it back later. */
interface Client {
  write(peer: Started, text: string, access?: Access): Promise<void>
  read(peer: Started, access?: Access): Promise<string | undefined>
}

const caOf = async ({ env }: Started) =>
  env.NODE_EXTRA_CA_CERTS === undefined ? undefined : await readFile(env.NODE_EXTRA_CA_CERTS, 'utf8')

async function natsConnection(peer: Started, { name, password }: Access) {
  const ca = await caOf(peer)
  return connect({
    servers: peer.url,
    reconnect: false,
    ...(name && password && { user: name, pass: password }),
    ...(ca && { tls: { ca } }),
  })
}

const nats: Client = {
  async write(peer, text, access = {}) {
    await using connection = await natsConnection(peer, access)
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'notes', subjects: ['notes'] })
    await jetstream(connection).publish('notes', text)
  },
  async read(peer, access = {}) {
    await using connection = await natsConnection(peer, access)
    const manager = await jetstreamManager(connection)
    return (await manager.streams.getMessage('notes', { last_by_subj: 'notes' }))?.string()
  },
}

async function kafkaClient(peer: Started, { name = '', password = '', mechanism = 'plain' }: Access): Promise<Kafka> {
  const ca = await caOf(peer)
  const sasl = { mechanism, username: name, password } as SASLOptions
  return new Kafka({
    brokers: [new URL(peer.url).host],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 6 },
    ...(name && { sasl }),
    ...(ca && { ssl: { ca } }),
  })
}

const kafka: Client = {
  async write(peer, text, access = {}) {
    const client = await kafkaClient(peer, access)
    const admin = client.admin()
    await admin.connect()
    try {
      await admin.createTopics({ topics: [{ topic: 'notes', numPartitions: 1 }], waitForLeaders: true })
    } finally {
      await admin.disconnect()
    }
    const producer = client.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    await producer.send({ topic: 'notes', messages: [{ value: text }] })
    await producer.disconnect()
  },
  async read(peer, access = {}) {
    const client = await kafkaClient(peer, access)
    const consumer = client.consumer({ groupId: `readers-${process.hrtime.bigint()}` })
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    await consumer.connect()
    await consumer.subscribe({ topic: 'notes', fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) })
    try {
      return await promise
    } finally {
      await consumer.disconnect()
    }
  },
}

async function s3Client(peer: Started): Promise<S3Client> {
  const ca = await caOf(peer)
  return new S3Client({
    endpoint: peer.url,
    region: peer.env.AWS_REGION ?? '',
    forcePathStyle: true,
    credentials: {
      accessKeyId: peer.env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: peer.env.AWS_SECRET_ACCESS_KEY ?? '',
    },
    ...(ca && { requestHandler: { httpsAgent: { ca } } }),
  })
}

const s3: Client = {
  async write(peer, text) {
    const client = await s3Client(peer)
    await client.send(new CreateBucketCommand({ Bucket: 'notes' }))
    await client.send(new PutObjectCommand({ Bucket: 'notes', Key: 'a/note', Body: text, IfNoneMatch: '*' }))
    client.destroy()
  },
  async read(peer) {
    const client = await s3Client(peer)
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'notes', Key: 'a/note' }))
    const text = await Body?.transformToString()
    client.destroy()
    return text
  },
}

async function query(peer: Started, text: string, values: readonly string[]): Promise<string | undefined> {
  const ca = await caOf(peer)
  const client = new pg.Client({ connectionString: peer.url, ...(ca && { ssl: { ca } }) })
  await client.connect()
  try {
    const { rows } = await client.query<{ note: string }>(text, [...values])
    return rows[0]?.note
  } finally {
    await client.end()
  }
}

const postgres: Client = {
  async write(peer, text) {
    await query(peer, 'CREATE TABLE notes (note text NOT NULL)', [])
    await query(peer, 'INSERT INTO notes VALUES ($1)', [text])
  },
  read: (peer) => query(peer, 'SELECT note FROM notes', []),
}

export const clients: Readonly<Record<PeerName, Client>> = { kafka, nats, s3, postgres }
