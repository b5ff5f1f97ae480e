import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusName, startCluster } from '@fanlight/cluster'
import { Dice } from './dice.ts'
import { whyUnfinished } from './dump.ts'
import { type Comparison, compare, isOver } from './outcome.ts'
import { openPorts } from './ports.ts'
import { beginAnew, finishes, settled, undisturbed } from './rounds.ts'
import { prepareWork } from './work.ts'

export interface UpdateOptions {
  readonly bus: BusName
  readonly seed: number
  readonly folder: string
  readonly photos: number
  /** Enough for the work to outlast the update. */
  readonly masks: number
  readonly onProgress?: (what: string) => void
}

export interface UpdateReport extends Comparison {
  readonly durationMs: number
  /** Whether the work was still going on when the last old process was told to stop. */
  readonly wasInMidJob: boolean
  /** Old bodies that new processes read, by topic. */
  readonly upgraded: Readonly<Record<string, number>>
  /** Deliveries of new bodies that old processes put off. */
  readonly putOff: number
  readonly deadLetters: readonly string[]
}

const NEXT = new URL('preload/next-version.ts', import.meta.url).href
const REPLICAS = { ingest: 1, inference: 2, explainer: 2, aggregator: 1, gateway: 0 }

/** Replaces the processes of one release, one after the other and in the middle of the work, by those of the next. */
export async function runRollingUpdate(options: UpdateOptions): Promise<UpdateReport> {
  const { bus, seed, folder, onProgress = () => {} } = options
  await using cluster = await startCluster({ bus, folder, replicas: REPLICAS, env: { FANLIGHT_WORKERS: '1' } })
  await using ports = await openPorts(cluster)
  const upgradesLog = join(folder, 'upgrades.log')
  await writeFile(upgradesLog, '')
  const work = await prepareWork(ports, options)
  const expected = await undisturbed(ports, work, folder)

  const began = performance.now()
  await beginAnew(ports, work)
  await sleep(1_000)
  let wasInMidJob = false
  for (const service of new Dice(seed, 'update').shuffled(cluster.services)) {
    onProgress(`updating ${service.label}`)
    wasInMidJob = !(await isOver(ports, work))
    await service.restart({ NODE_OPTIONS: `--import=${NEXT}`, UPGRADES_LOG: upgradesLog })
  }
  if (!(await finishes(ports, work))) throw new Error(await whyUnfinished(ports, work, folder))
  const comparison = compare(expected, await settled(ports, work))
  const letters = (await ports.store.listDeadLetters({ limit: 20 })).rows
  const upgraded = Map.groupBy((await readFile(upgradesLog, 'utf8')).split('\n').filter(Boolean), (topic) => topic)
  return {
    ...comparison,
    durationMs: performance.now() - began,
    wasInMidJob,
    upgraded: Object.fromEntries([...upgraded].map(([topic, lines]) => [topic, lines.length])),
    putOff: await putOffIn(cluster.services.map(({ label }) => join(folder, 'logs', `${label}.log`))),
    deadLetters: letters.map(({ topic, error }) => `${topic}: ${error}`),
  }
}

async function putOffIn(logs: readonly string[]): Promise<number> {
  const texts = await Promise.all(logs.map((file) => readFile(file, 'utf8')))
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => line.includes('"message rejected"') && line.includes('is of version 2')).length
}
