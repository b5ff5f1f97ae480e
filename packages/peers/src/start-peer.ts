import { InputError } from '@fanlight/ports'
import { type KafkaOptions, kafka } from './kafka.ts'
import { type Recipe, startLocal } from './local.ts'
import { type NatsOptions, nats } from './nats.ts'
import type { Peer, PeerName } from './peer.ts'

export interface PeerOptions {
  readonly kafka: KafkaOptions
  readonly nats: NatsOptions
}

const recipes: { readonly [Name in keyof PeerOptions]: (options: PeerOptions[Name]) => Recipe | undefined } = {
  kafka,
  nats,
}

export async function startPeer<Name extends keyof PeerOptions>(
  name: Name,
  options?: PeerOptions[Name],
): Promise<Peer> {
  const given: PeerOptions[Name] = options ?? {}
  const recipe = recipes[name](given)
  if (!recipe) throw new InputError('NOT_FOUND', 'none')
  return startLocal(recipe, given)
}
