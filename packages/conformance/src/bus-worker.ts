import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@fanlight/ports'

/** What the kit sets itself; all else is for the driver's test to choose. */
export interface BusOverrides {
  readonly leaseMs?: number
  readonly retryDelayMs?: number
  readonly publishTimeoutMs?: number
  readonly prefix?: string
}

export interface WorkerTask {
  readonly overrides?: BusOverrides
  readonly topic: string
  readonly group: string
  readonly concurrency?: number
  /** What a handler lasts. */
  readonly handlerMs: number
  /** Handlers hold their event loop for so long at a time. */
  readonly busyMs?: number
}

type Report = { readonly event: 'ready' | 'started' | 'ended'; readonly key: string }

/** All of a driver's worker script: a member of the group that its parent, the kit, asks for, until SIGTERM. */
export async function runKitWorker(open: (overrides: BusOverrides) => Promise<Bus>): Promise<void> {
  const { overrides = {}, topic, group, concurrency = 1, handlerMs, busyMs }: WorkerTask = JSON.parse(process.argv[2]!)
  process.once('disconnect', () => process.exit(1))
  const report = (event: Report['event'], key = '') => process.send?.({ event, key } satisfies Report)
  const told = once(process, 'SIGTERM')
  const bus = await open(overrides)
  await bus.subscribe({ topics: [topic], group, concurrency }, async ({ key }) => {
    report('started', key)
    await (busyMs ? workInSlices(handlerMs, busyMs) : sleep(handlerMs))
    report('ended', key)
  })
  report('ready')
  await told
  await bus[Symbol.asyncDispose]()
  process.disconnect()
}

async function workInSlices(totalMs: number, sliceMs: number): Promise<void> {
  const end = performance.now() + totalMs
  while (performance.now() < end) {
    const sliceEnd = performance.now() + sliceMs
    while (performance.now() < sliceEnd);
    await sleep(1)
  }
}

/** A worker process as its parent sees it. */
export class KitWorker implements AsyncDisposable {
  readonly started: string[] = []
  readonly ended: string[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#closed = once(child, 'close')
  }

  /** Resolves once it is a member of its group. */
  static async start(entry: URL, task: WorkerTask, env: Readonly<Record<string, string>> = {}): Promise<KitWorker> {
    // Without the test runner's own variable: the worker is no test file.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
    const child = fork(entry, [JSON.stringify(task)], {
      env: { ...inherited, ...env },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const worker = new KitWorker(child)
    const ready = Promise.withResolvers<void>()
    child.on('message', ({ event, key }: Report) => {
      if (event === 'ready') ready.resolve()
      else worker[event].push(key)
    })
    void worker.#closed.then(() => ready.reject(new Error('the worker ended before it was ready: see its stderr')))
    await ready.promise
    return worker
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it with a signal, and waits for that. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal)
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end('SIGKILL')
  }
}
