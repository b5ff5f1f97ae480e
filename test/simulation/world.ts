import { type Clock, TransientError } from '@fanlight/ports'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** One service process of the simulation. A crash is the end of it: what it awaited never comes. */
export interface SimProcess {
  readonly name: string
  alive: boolean
  /** Called once at a crash, for the bus to take back what was not acknowledged. */
  readonly onCrash: Set<() => void>
}

interface Event {
  readonly at: number
  /** An event without a process cannot be crashed: the network, the operator. */
  readonly process: SimProcess | undefined
  readonly label: string
  readonly run: () => void
}

/** Where every virtual clock starts. */
export const START_MS = 1_000_000

/** How often something may go wrong in a history, so that it ends. */
export interface Faults {
  crashes: number
  duplicates: number
  drops: number
  delays: number
  /** Calls that are answered by a passing error: made all the same, or not. */
  errors: number
}

/**
 * A seeded schedule with a virtual clock. Whatever a service awaits is an event here; the next one to happen is
 * drawn at random, so one seed is one history, and every await is a place to crash at.
 */
export class World {
  readonly clock: Clock
  readonly faults: Faults
  /** Every event that happened, for comparing a replay with the first run. */
  readonly trace: string[] = []
  /** The process of this event (they count from 1) crashes instead, whatever the dice say. */
  crashAt: number | undefined
  /** For a real database, which takes its time: no other event happens before it answered. */
  waitsForCalls = false
  onCrash: (process: SimProcess) => void = () => {}
  readonly #random: RandomGenerator
  #events: Event[] = []
  #now = START_MS
  #happened = 0
  #underWay = 0

  constructor(seed: number, faults: Faults) {
    this.#random = xoroshiro128plus(seed)
    this.faults = faults
    this.clock = { now: () => this.#now, sleep: () => Promise.reject(new Error('ask for a process clock')) }
  }

  /** 0 ≤ x < 1. */
  random(): number {
    return (this.#random.next() >>> 0) / 2 ** 32
  }

  /** 0 ≤ n < limit. */
  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  /** True with the probability given, as long as the budget of that fault lasts. */
  fault(kind: keyof Faults, probability: number): boolean {
    if (this.faults[kind] <= 0 || this.random() >= probability) return false
    this.faults[kind] -= 1
    return true
  }

  spawn(name: string): SimProcess {
    return { name, alive: true, onCrash: new Set() }
  }

  /** @param cause what the process itself threw, if it was not the dice */
  crash(process: SimProcess, cause?: unknown): void {
    if (!process.alive) return
    process.alive = false
    this.trace.push(`CRASH ${process.name}${cause === undefined ? '' : `: ${String(cause)}`}`)
    for (const tell of process.onCrash) tell()
    this.onCrash(process)
  }

  schedule(process: SimProcess | undefined, label: string, run: () => void, delayMs = 0): void {
    this.#events.push({ at: this.#now + delayMs, process, label, run })
  }

  /** A call over a process border: it may be late, it may die before it is made, and it may be made and never heard of. */
  call<T>(process: SimProcess, label: string, make: () => Promise<T>, { mayFail = true } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.schedule(process, `${label} call`, () => {
        const back = (settle: () => void) => {
          this.#underWay -= 1
          this.schedule(process, `${label} return`, settle)
        }
        this.#underWay += 1
        const isMade = !(mayFail && this.fault('errors', 0.01))
        const fails = !isMade || (mayFail && this.fault('errors', 0.01))
        const outcome = isMade ? make() : Promise.reject(unavailable())
        outcome
          .then((value) => (fails ? Promise.reject(unavailable()) : value))
          .then(
            (value) => back(() => resolve(value)),
            (error) => back(() => reject(error)),
          )
      })
    })
  }

  clockOf(process: SimProcess): Clock {
    const sleep = (ms: number) => new Promise<void>((resolve) => this.schedule(process, 'wake', resolve, ms))
    return { now: () => this.#now, sleep }
  }

  /** Runs until the goal is reached, asked for every few events. @returns whether it was, within that many events */
  async run(goal: () => Promise<boolean>, maxEvents: number): Promise<boolean> {
    for (let count = 0; count < maxEvents; count++) {
      do await settled()
      while (this.waitsForCalls && this.#underWay > 0)
      if (count % 32 === 31 && (await goal())) return true
      const event = this.#draw()
      if (!event) return false
      this.#happened += 1
      this.trace.push(`${this.#now} ${event.process?.name ?? 'world'} ${event.label}`)
      if (event.process && (this.#happened === this.crashAt || this.fault('crashes', 0.01))) this.crash(event.process)
      else event.run()
    }
    return false
  }

  #draw(): Event | undefined {
    this.#events = this.#events.filter(({ process }) => process?.alive !== false)
    if (this.#events.length === 0) return undefined
    const next = Math.min(...this.#events.map(({ at }) => at))
    this.#now = Math.max(this.#now, next)
    const due = this.#events.filter(({ at }) => at <= this.#now)
    const event = due[this.below(due.length)]!
    this.#events.splice(this.#events.indexOf(event), 1)
    return event
  }
}

const unavailable = () => new TransientError('STORE_UNAVAILABLE', 'the other side does not answer')

/** Resolves when every promise that can go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
