import type { MethodSpec } from '@fanlight/contracts'
import type { AnyExplainer, Run } from '@fanlight/explain'
import type { ArtifactStore, Bus, ClaimedItem, Clock, NewExplanation, Store } from '@fanlight/ports'
import { keyedMutex, type Logger } from '@fanlight/service-kit'
import { Places } from './places.ts'
import { Redrives } from './redrives.ts'
import { ShardSizes } from './shard-size.ts'

export interface ExplainerPorts {
  readonly bus: Bus
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly clock: Clock
  readonly logger: Logger
  readonly explainerFor: (method: MethodSpec) => AnyExplainer
}

export interface ExplainerOptions {
  /** Names the holder of leases: unique among living explainers. */
  readonly owner: string
  /** Items worked on at once, and as many again that somebody waits for: what bounds the bus. */
  readonly maxOpenItems: number
  readonly leaseMs: number
  readonly targetShardMs: number
  /** Work of an open explanation that nobody touched for this long is sent again. */
  readonly stalledMs: number
  /** Messages that were written but not marked as sent for this long are sent again. */
  readonly resendMs: number
  readonly tickMs: number
}

export const DEFAULT_OPTIONS: Omit<ExplainerOptions, 'owner'> = {
  maxOpenItems: 4,
  leaseMs: 15_000,
  targetShardMs: 500,
  stalledMs: 120_000,
  resendMs: 5_000,
  tickMs: 1_000,
}

/** A generator that is alive. Nothing is lost with it: replay makes it again. */
export interface LiveRun {
  readonly run: Run
  /** Digests of the recorded questions whose answers it was given, by ordinal. */
  readonly given: string[]
}

interface OpenItem {
  readonly claim: ClaimedItem
  readonly waitsFor: Set<string>
  /** Whether its explanations were asked for; before, its claim alone moves nothing. */
  isStarted: boolean
}

const MAX_FOREIGN_RUNS = 32

/** What one explainer process has before it: its open items, the live generators, and who waits for which. */
export class Desk {
  readonly ports: ExplainerPorts
  readonly options: ExplainerOptions
  readonly sizes: ShardSizes
  /** Explanations of items whose last step failed for a passing reason: tried again at the next tick. */
  readonly troubled = new Map<string, { claim: ClaimedItem; explanation: NewExplanation }>()
  readonly exclusively = keyedMutex()
  /** When lost counts were last looked for. */
  countsSweptAtMs = 0
  /** When it was last looked whether somebody waits. */
  lookedForLiveAtMs = 0
  /** When it was last made sure that these items are still ours. */
  heldAtMs = 0
  readonly redrives = new Redrives()
  readonly #places = new Places()
  readonly #items = new Map<string, OpenItem>()
  /** The one used last is last. */
  readonly #runs = new Map<string, LiveRun>()

  constructor(ports: ExplainerPorts, options: ExplainerOptions) {
    this.ports = ports
    this.options = options
    this.sizes = new ShardSizes(options.targetShardMs)
  }

  runOf(project: string, explanation: string): LiveRun | undefined {
    return this.#runs.get(explanationKey(project, explanation))
  }

  /**
   * Messages reach any explainer, so most of many explainers' steps are of explanations that another one's items wait
   * for. Of those a few are kept alive: nobody tells when they end.
   */
  keepRun(project: string, explanation: string, run: LiveRun): void {
    this.#runs.set(explanationKey(project, explanation), run)
    const ours = new Set(
      [...this.#items.values()].flatMap(({ claim, waitsFor }) =>
        [...waitsFor].map((id) => explanationKey(claim.project, id)),
      ),
    )
    const foreign = [...this.#runs.keys()].filter((key) => !ours.has(key))
    for (const key of foreign.slice(0, Math.max(0, foreign.length - MAX_FOREIGN_RUNS))) this.#runs.delete(key)
  }

  dropRun(project: string, explanation: string): void {
    this.#runs.delete(explanationKey(project, explanation))
  }

  /** Where the next shards for a detector go: spread over partitions and workers, which is the fan-out. */
  placesFor(detector: string): () => number {
    const active = new Set([...this.#items.values()].map(({ claim }) => claim.spec.detector.id))
    return () => this.#places.next(detector, active.size)
  }

  get freeSlots(): number {
    return this.options.maxOpenItems - this.#items.size
  }

  get freeLiveSlots(): number {
    const live = [...this.#items.values()].filter(({ claim }) => claim.spec.lane === 'live')
    return this.options.maxOpenItems - live.length
  }

  has(claim: ClaimedItem): boolean {
    return this.#items.has(itemKey(claim))
  }

  take(claim: ClaimedItem, explanations: readonly string[]): void {
    this.#items.set(itemKey(claim), { claim, waitsFor: new Set(explanations), isStarted: false })
  }

  start(claim: ClaimedItem): void {
    const item = this.#items.get(itemKey(claim))
    if (item) item.isStarted = true
  }

  /** Whether an item other than this one already works on the explanation here. */
  isSharedHere(claim: ClaimedItem, explanation: string): boolean {
    const own = itemKey(claim)
    return [...this.#items].some(
      ([key, { waitsFor, isStarted }]) => key !== own && isStarted && waitsFor.has(explanation),
    )
  }

  /** Items that are not among these are no longer ours, and their generators are of no more use. */
  keepOnly(held: readonly ClaimedItem[]): void {
    this.heldAtMs = this.ports.clock.now()
    const kept = new Set(held.map(itemKey))
    for (const [key, { claim, waitsFor }] of this.#items) {
      if (kept.has(key)) continue
      this.#items.delete(key)
      for (const explanation of waitsFor) {
        if (this.isSharedHere(claim, explanation)) continue
        this.dropRun(claim.project, explanation)
      }
    }
  }

  /** The explanation ended: items that waited for nothing else leave the desk. */
  settle(project: string, explanation: string): void {
    this.dropRun(project, explanation)
    for (const [key, { claim, waitsFor }] of this.#items) {
      if (claim.project !== project || !waitsFor.delete(explanation)) continue
      if (waitsFor.size === 0) this.#items.delete(key)
    }
  }
}

export const explanationKey = (project: string, explanation: string): string => `${project}/${explanation}`
export const itemKey = ({ project, job, item }: ClaimedItem): string => `${project}/${job}/${item}`
