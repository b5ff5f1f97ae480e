import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { startAggregator } from '@fanlight/aggregator'
import { folderArtifacts } from '@fanlight/artifacts-fs'
import { memoryBus } from '@fanlight/bus-memory'
import { DEFAULT_PROJECT } from '@fanlight/contracts'
import { sessionModel } from '@fanlight/detector'
import { explainerFor } from '@fanlight/explain'
import { startExplainer } from '@fanlight/explainer'
import { fileImages } from '@fanlight/images-fs'
import { startInference } from '@fanlight/inference'
import {
  type ArtifactStore,
  type Bus,
  type ImageSource,
  isFanlightError,
  type Store,
  systemClock,
} from '@fanlight/ports'
import { type Logger, sendOutbox } from '@fanlight/service-kit'
import { FolderLockedError, openStore } from '@fanlight/store'
import type { Limits } from './limits.ts'

// One process with all the services on a bus in memory, a folder and PGlite. This file, and no other, names drivers.

export interface DataOptions {
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
  readonly bus: Bus
  /** Tells whoever finds the folder taken where this process serves. */
  announce(url: string): Promise<void>
}

export interface FanlightOptions extends DataOptions {
  /** Processes with a session each. @default one a core */
  readonly workers?: number | undefined
}

/** @throws InputError `STORE_LOCKED` when another process holds the folder */
export async function openData({ home, limits, onTrouble = () => {} }: DataOptions): Promise<Data> {
  await using opening = new AsyncDisposableStack()
  const bus = opening.use(memoryBus())
  const store = opening.use(await openStore({ folder: home, clock: systemClock }))
  const artifacts = opening.use(await folderArtifacts({ folder: join(home, 'artifacts') }))
  const held = opening.move()
  return {
    project: DEFAULT_PROJECT,
    bus,
    announce: (url) => store.announce(url),
    store: tellingOf(store, onTrouble),
    artifacts: tellingOf(artifacts, onTrouble),
    images: fileImages({ maxBytes: limits.maxImageBytes }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

/** Where the process serves that holds the data folder, when this error says so. */
export const urlOfHolder = (error: unknown): string | undefined =>
  error instanceof FolderLockedError ? error.url : undefined

/** Everything at work: jobs that are running go on from the answers that they have. */
export async function openFanlight(options: FanlightOptions): Promise<Data> {
  const { limits, logger, workers = availableParallelism() } = options
  await using opening = new AsyncDisposableStack()
  const data = opening.use(await openData(options))
  const { bus, store, artifacts, images } = data
  const model = opening.use(sessionModel({ workers, images, ...limits }))
  opening.use(await startInference({ bus, store, model, logger }))
  opening.use(await startAggregator({ bus, store, artifacts }))
  // The lock says that nobody else is alive here: whoever held these items is dead.
  await sendOutbox(data, await store.releaseExpired({ everyone: true }))
  const ports = { bus, store, artifacts, clock: systemClock, logger, explainerFor }
  opening.use(await startExplainer(ports, { owner: `process ${process.pid}`, maxOpenItems: 2 + workers }))
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
