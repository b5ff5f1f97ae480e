import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusName, type Cluster, type ServiceName, startCluster } from '@fanlight/cluster'
import { Dice } from './dice.ts'
import { type Disturbance, disturb, disturbances } from './disturbance.ts'
import { whyUnfinished } from './dump.ts'
import { type Comparison, compare, type Outcome } from './outcome.ts'
import { type ProcessFaults, pointsOf } from './points.ts'
import { openPorts, type Ports, patiently } from './ports.ts'
import { beginAnew, finishes, settled, undisturbed } from './rounds.ts'
import { Tally } from './tally.ts'
import { prepareWork, type Work } from './work.ts'

export interface FaultOptions {
  readonly bus: BusName
  readonly seed: number
  /** SIGKILLs of service processes, at random and at points; servers' crashes, pauses and mishaps come on top. */
  readonly kills: number
  readonly folder: string
  /** @default 24 */
  readonly photos?: number
  /** Forwards of an explanation. @default 48 */
  readonly masks?: number
  /** How long one round of the work may take, faults included. @default 240_000 */
  readonly roundLimitMs?: number
  readonly onProgress?: (what: string) => void
}

export interface FaultReport {
  /** By kind, then by what it happened to. */
  readonly faults: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly kills: number
  readonly rounds: number
  readonly undisturbedMs: number
  readonly durationMs: number
  readonly lost: number
  readonly double: number
  /** The first differences, with their round. */
  readonly differing: readonly string[]
  /** What was given up that should not have been. */
  readonly deadLetters: readonly string[]
  /** Why it ended early, if it did. */
  readonly unfinished: string | undefined
}

/** Two of those that hold work, so that what one leaves lying another may take up. */
const REPLICAS = { ingest: 1, inference: 2, explainer: 2, aggregator: 1, gateway: 0 }
/** Then the round may end: where processes die faster than a group of consumers gathers, nothing is ever done. */
const KILLS_A_ROUND = 25
const PRELOAD = new URL('preload/faults.ts', import.meta.url).href

/** Does the work undisturbed, then again and again under faults until there were enough, and compares each time. */
export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { bus, seed, folder, photos = 24, masks = 48, onProgress = () => {} } = options
  await mkdir(folder, { recursive: true })
  const tally = new Tally(join(folder, 'faults.jsonl'))
  await tally.clear()
  const process = armedBy(seed, tally)
  await using cluster = await startCluster({
    bus,
    folder,
    replicas: REPLICAS,
    env: { FANLIGHT_WORKERS: '1' },
    envOf: (label, start) => ({ NODE_OPTIONS: `--import=${PRELOAD}`, FAULTS: JSON.stringify(process(label, start)) }),
  })
  await using ports = await openPorts(cluster)
  const work = await prepareWork(ports, { photos, masks })
  const run: Run = { cluster, ports, work, tally, options, onProgress }
  const began = performance.now()
  const expected = await undisturbed(ports, work, folder)
  const undisturbedMs = performance.now() - began
  onProgress(`undisturbed: ${Math.round(undisturbedMs)} ms, ${expected.targetsCounted} targets counted`)
  return { ...(await underFaults(run, expected)), undisturbedMs, durationMs: performance.now() - began }
}

interface Run {
  readonly cluster: Cluster
  readonly ports: Ports
  readonly work: Work
  readonly tally: Tally
  readonly options: FaultOptions
  readonly onProgress: (what: string) => void
}

async function underFaults(run: Run, expected: Outcome): Promise<Omit<FaultReport, 'undisturbedMs' | 'durationMs'>> {
  const { ports, work, tally, options, cluster, onProgress } = run
  const sum = { lost: 0, double: 0, differing: [] as string[], rounds: 0 }
  let unfinished: string | undefined
  const labels = cluster.services.map(({ label }) => label)
  const coming = disturbances(options.seed, labels)
  while ((await tally.kills()) < options.kills && sum.differing.length < 20) {
    await beginAnew(ports, work)
    sum.rounds += 1
    const ended = await disturbed(run, coming)
    if (!ended) {
      unfinished = `round ${sum.rounds}: ${await whyUnfinished(ports, work, options.folder)}`
      break
    }
    add(sum, compare(expected, await settled(ports, work)))
    onProgress(`round ${sum.rounds}: ${await tally.kills()} kills, ${sum.differing.length} differences`)
  }
  const letters = await patiently(() => ports.store.listDeadLetters({ limit: 20 }))
  const deadLetters = letters.rows.map(({ topic, error }) => `${topic}: ${error}`)
  const { differing, ...counts } = sum
  return {
    ...counts,
    differing: differing.slice(0, 5),
    faults: await tally.counts(),
    kills: await tally.kills(),
    deadLetters,
    unfinished,
  }
}

function add(sum: { lost: number; double: number; differing: string[]; rounds: number }, found: Comparison): void {
  sum.lost += found.lost
  sum.double += found.double
  sum.differing.push(...found.differing.map((difference) => `round ${sum.rounds}: ${difference}`))
}

/** One round of the work, disturbed until it is over or there were faults enough. @returns whether it ended */
async function disturbed(
  { cluster, ports, work, tally, options }: Run,
  coming: Iterator<Disturbance & { waitMs: number }>,
) {
  const over = new AbortController()
  const enough = Math.min(options.kills, (await tally.kills()) + KILLS_A_ROUND)
  tally.armed = true
  const pauses: Promise<void>[] = []
  const disturbing = (async () => {
    while (!over.signal.aborted) {
      if ((await tally.kills()) >= enough) tally.armed = false
      if (!tally.armed) return
      const next: Disturbance & { waitMs: number } = coming.next().value
      await sleep(next.waitMs, undefined, { signal: over.signal }).catch(() => {})
      if (over.signal.aborted) return
      await tally.note(next)
      const done = disturb(cluster, next)
      // A server is back before anything else happens; a pause lies over what comes next.
      if (next.kind === 'pause') pauses.push(done)
      else await done
    }
  })()
  const ended = await finishes(ports, work, options.roundLimitMs)
  over.abort()
  await disturbing
  await Promise.all(pauses)
  return ended
}

/**
 * Which point each start of each process dies at: three in four do, while faults are wanted. The points of a service
 * take turns; a process that is killed at random before it comes to its own leaves it to a later one.
 */
function armedBy(seed: number, tally: Tally): (label: string, start: number) => ProcessFaults {
  return (label, start) => {
    const dice = new Dice(seed, label, start)
    const base = { seed: dice.between(0, 2 ** 31), label, mishaps: tally.armed, log: tally.file }
    const service = serviceOf(label)
    const points = new Dice(seed, service, 'points').shuffled(pointsOf[service] ?? [])
    const replica = Number(label.slice(service.length + 1)) - 1
    const turn = start + Math.floor((replica * points.length) / REPLICAS[service])
    const point = points[turn % points.length]
    if (!tally.armed || !point || !dice.chance(0.75)) return base
    // A listing has few calls, and each of its processes few listings.
    return { ...base, kill: { point, nth: dice.between(1, service === 'ingest' ? 2 : 6) } }
  }
}

const serviceOf = (label: string) => label.replace(/-\d+$/, '') as ServiceName
