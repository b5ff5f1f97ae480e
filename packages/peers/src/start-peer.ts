import { InputError } from '@fanlight/ports'
import { type KafkaOptions, kafka } from './kafka.ts'
import { type Recipe, startLocal } from './local.ts'
import { type NatsOptions, nats } from './nats.ts'
import type { Peer, PeerName } from './peer.ts'
import { type PostgresOptions, postgres } from './postgres.ts'
import { type S3Options, s3 } from './s3.ts'

export interface PeerOptions {
  readonly kafka: KafkaOptions
  readonly nats: NatsOptions
  readonly s3: S3Options
  readonly postgres: PostgresOptions
}

/** Undefined where the program is not on this machine. */
const recipes: { readonly [Name in PeerName]: (options: PeerOptions[Name]) => Recipe | undefined } = {
  kafka,
  nats,
  s3,
  postgres,
}

const programs: Readonly<Record<PeerName, string>> = {
  kafka: "Kafka's jars in .peers/kafka/libs and Java 17 on the PATH",
  nats: 'nats-server in .peers/bin or on the PATH',
  s3: 'versitygw in .peers/bin or on the PATH',
  postgres: "postgres and initdb on the PATH or in Debian's folder",
}

/**
 * Starts a server of this machine on loopback and resolves when it serves.
 *
 * @throws InputError NOT_FOUND when its program is missing; TransientError BUS_UNAVAILABLE, ARTIFACTS_UNAVAILABLE or
 * STORE_UNAVAILABLE, with the last lines of its log, when it does not start
 */
export async function startPeer<Name extends PeerName>(name: Name, options?: PeerOptions[Name]): Promise<Peer> {
  const given: PeerOptions[Name] = options ?? {}
  const recipe = recipes[name](given)
  if (!recipe) throw new InputError('NOT_FOUND', `${name} needs ${programs[name]}; get it with: npm run peers`)
  return startLocal(recipe, given)
}
