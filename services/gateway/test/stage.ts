import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { memoryBus } from '@fanlight/bus-memory'
import { renderThumbnail } from '@fanlight/image'
import { fileImages } from '@fanlight/images-fs'
import { startInsideViewer, startInspector } from '@fanlight/inspect'
import { systemClock } from '@fanlight/ports'
import { silentLogger } from '@fanlight/service-kit'
import type { GatewayOptions } from '../src/index.ts'
import { project, type Seeded, seed } from './seed.ts'

export interface Stage extends AsyncDisposable {
  /** For what a test writes; removed with the stage. */
  readonly folder: string
  readonly seeded: Seeded
  readonly options: GatewayOptions
}

/** Seeded ports for a gateway. */
export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fanlight-gateway-'))
  const seeded = await seed(systemClock, path.join(folder, 'artifacts'))
  const bus = memoryBus()
  const inspect = startInspector()
  const inside = startInsideViewer()
  const options: GatewayOptions = {
    store: seeded.store,
    artifacts: seeded.artifacts,
    bus,
    project,
    images: fileImages({ maxBytes: 2 ** 25 }),
    render: { thumbnail: renderThumbnail },
    inspect,
    inside,
    webRoot: undefined,
    logger: silentLogger,
  }
  return {
    folder,
    seeded,
    options,
    async [Symbol.asyncDispose]() {
      await inside[Symbol.asyncDispose]()
      await inspect[Symbol.asyncDispose]()
      await bus[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
