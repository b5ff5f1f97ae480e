import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startAggregator } from '@fanlight/aggregator'
import { DEFAULT_PROJECT } from '@fanlight/contracts'
import { derivedModels, requireProvider, sessionModel } from '@fanlight/detector'
import {
  driverVariables,
  modelFiles,
  openArtifacts,
  openBus,
  openImages,
  openLocator,
  openSources,
  openStore,
} from '@fanlight/drivers'
import { explainerFor } from '@fanlight/explain'
import { startExplainer } from '@fanlight/explainer'
import { startInference } from '@fanlight/inference'
import { providerVariables } from '@fanlight/inference/config'
import { startSources } from '@fanlight/ingest'
import {
  type ArtifactStore,
  type Bus,
  type ImageSource,
  isFanlightError,
  type PhotoSource,
  type Store,
  systemClock,
} from '@fanlight/ports'
import { type Logger, sendOutbox } from '@fanlight/service-kit'
import { type Config, readConfig } from '@fanlight/service-kit/config'
import type { Limits } from '@fanlight/service-kit/limits'
import { FolderLockedError, openStore as openFolder } from '@fanlight/store'

export { ARTIFACT_SCHEME } from '@fanlight/drivers'

// A laptop is one process with all the services on a bus in memory, a folder and PGlite; a cluster is elsewhere, and
// this process puts work into it and reads what came of it. The same ports either way.

export interface DataOptions {
  readonly env: NodeJS.ProcessEnv
  /** The data folder (`FANLIGHT_HOME`). One process at a time. */
  readonly home: string
  readonly limits: Limits
  readonly logger: Logger
  /** Told of troubles that no retry mends while they last: a full disk, a store that is gone. */
  readonly onTrouble?: (error: Error) => void
}

/** What is stored, without anything that works on it. */
export interface Data extends AsyncDisposable {
  readonly project: string
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly images: ImageSource
  readonly photos: PhotoSource
  /** Refers to an object that somebody names by its URI, hashed as it is now. */
  readonly locate: ReturnType<typeof openLocator>
  readonly bus: Bus
  /** Whether other processes do the work: then photos and detectors must be where those can read them. */
  readonly isCluster: boolean
  /** Tells whoever finds the folder taken where this process serves. */
  announce(url: string): Promise<void>
}

export interface FanlightOptions extends DataOptions {
  /** Processes with a session each. @default one a core */
  readonly workers?: number | undefined
}

/** A cluster is meant where a store is named that several processes may share. */
export const isCluster = (env: NodeJS.ProcessEnv): boolean => Boolean(env.FANLIGHT_STORE_URL)

/**
 * @throws InputError `STORE_LOCKED` when another process holds the folder, `CONFIGURATION_INVALID` for half a cluster
 */
export async function openData(options: DataOptions): Promise<Data> {
  await using opening = new AsyncDisposableStack()
  const { env, limits, onTrouble = () => {} } = options
  const config = isCluster(env) ? readConfig(env, driverVariables) : laptopConfig(options)
  const store = isCluster(env)
    ? { ...(await openStore(config)), announce: async () => {} }
    : await openFolder({ folder: options.home, clock: systemClock })
  opening.use(store)
  const bus = opening.use(await openBus(config))
  const artifacts = opening.use(await openArtifacts(config))
  const held = opening.move()
  return {
    project: env.FANLIGHT_PROJECT || DEFAULT_PROJECT,
    isCluster: isCluster(env),
    bus,
    announce: (url) => store.announce(url),
    store: tellingOf(store, onTrouble),
    artifacts: tellingOf(artifacts, onTrouble),
    images: openImages(config, { artifacts, maxBytes: limits.maxImageBytes }),
    locate: openLocator(config, { maxBytes: limits.maxImageBytes }),
    photos: openSources(config, { maxBytes: limits.maxImageBytes }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function laptopConfig({ env, home }: DataOptions): Config<typeof driverVariables> {
  return readConfig(
    {
      ...env,
      FANLIGHT_BUS_URL: 'memory://',
      FANLIGHT_STORE_URL: pathToFileURL(home).href,
      FANLIGHT_ARTIFACTS_URL: pathToFileURL(join(home, 'artifacts')).href,
    },
    driverVariables,
  )
}

/** Where the process serves that holds the data folder, when this error says so. */
export const urlOfHolder = (error: unknown): string | undefined =>
  error instanceof FolderLockedError ? error.url : undefined

/** Everything at work: jobs that are running go on from the answers that they have. A cluster is at work already. */
export async function openFanlight(options: FanlightOptions): Promise<Data> {
  const { env, limits, logger, home } = options
  const { FANLIGHT_PROVIDER: provider } = readConfig(env, providerVariables)
  const workers = options.workers ?? (provider === 'cpu' ? availableParallelism() : Math.min(2, availableParallelism()))
  await using opening = new AsyncDisposableStack()
  const data = opening.use(await openData(options))
  if (data.isCluster) return keep(data, opening)
  await requireProvider(provider, limits)
  const { bus, store, artifacts, images, photos } = data
  const files = modelFiles({ artifacts, folder: join(home, 'scratch') })
  const onTrouble = (error: unknown) => logger.warn({ error: String(error) }, 'network not kept')
  const derived = derivedModels({ store, artifacts, onTrouble })
  const model = opening.use(sessionModel({ provider, workers, images, modelFiles: files, derived, ...limits }))
  const clock = systemClock
  opening.use(await startInference({ bus, store, model, logger }))
  opening.use(await startAggregator({ bus, store, artifacts }))
  opening.use(await startSources({ bus, store, photos, clock, logger }))
  // The lock says that nobody else is alive here: whoever held these items is dead.
  await sendOutbox(data, await store.releaseExpired({ everyone: true }))
  const ports = { bus, store, artifacts, clock, logger, explainerFor }
  opening.use(await startExplainer(ports, { owner: `process ${process.pid}`, maxOpenItems: 2 + workers }))
  return keep(data, opening)
}

function keep(data: Data, opening: AsyncDisposableStack): Data {
  const held = opening.move()
  return { ...data, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

const TROUBLES = new Set(['DISK_FULL', 'STORE_UNAVAILABLE'])
/** The same port, which also tells of troubles: the services retry, and a person should know why nothing moves. */
function tellingOf<T extends object>(port: T, onTrouble: (error: Error) => void): T {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const result = member.apply(target, args)
        if (result instanceof Promise) {
          result.catch((error: unknown) => {
            if (isFanlightError(error) && TROUBLES.has(error.code)) onTrouble(error)
          })
        }
        return result
      }
    },
  })
}
