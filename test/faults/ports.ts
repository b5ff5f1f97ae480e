import { setTimeout as sleep } from 'node:timers/promises'
import { s3Artifacts } from '@fanlight/artifacts-s3'
import type { Cluster } from '@fanlight/cluster'
import { openBus, openStore } from '@fanlight/drivers'
import { type ArtifactStore, type Bus, isFanlightError, type Store } from '@fanlight/ports'
import { ObjectStorage } from '@fanlight/s3'

/** How the one who watches reaches the cluster. */
export interface Ports extends AsyncDisposable {
  readonly store: Store
  readonly bus: Bus
  readonly artifacts: ArtifactStore
  readonly storage: ObjectStorage
}

export async function openPorts({ env }: Pick<Cluster, 'env'>): Promise<Ports> {
  await using opening = new AsyncDisposableStack()
  const read = (name: string) => env[name] ?? ''
  const credentials = { accessKeyId: read('AWS_ACCESS_KEY_ID'), secretAccessKey: read('AWS_SECRET_ACCESS_KEY') }
  const server = { endpoint: read('AWS_ENDPOINT_URL_S3'), region: read('AWS_REGION'), credentials }
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(read('FANLIGHT_ARTIFACTS_URL')) ?? []
  const store = opening.use(await openStore({ FANLIGHT_STORE_URL: read('FANLIGHT_STORE_URL') }))
  const bus = opening.use(await openBus({ FANLIGHT_BUS_URL: read('FANLIGHT_BUS_URL') }))
  const artifacts = opening.use(s3Artifacts({ ...server, bucket, prefix: `${prefix}/` }))
  const storage = opening.use(new ObjectStorage(server))
  const held = opening.move()
  return { store, bus, artifacts, storage, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Tries again while a server is away: the watcher is no part of what is tested. */
export async function patiently<T>(call: () => Promise<T>, limitMs = 60_000): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isFanlightError(error) || error.retry === 'never' || Date.now() > deadline) throw error
      await sleep(250)
    }
  }
}
