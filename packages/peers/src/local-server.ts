import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from '@fanlight/ports'
import type { PeerName, PeerServer } from './peer.ts'
import { boundToParent, isStopped, signalTree } from './process-tree.ts'

export interface Launch {
  readonly name: PeerName
  readonly command: readonly string[]
  /** Working folder; the log goes to NAME.log in it. */
  readonly folder: string
  readonly port: number
  /** The line of the log that says that it serves: a port alone could be somebody else's. */
  readonly ready: RegExp
  /** Where the log does not say: a question that only this process answers so. */
  readonly probe?: () => Promise<boolean>
  readonly env?: Record<string, string>
  readonly user?: { readonly uid: number; readonly gid: number }
  /** What the server takes for "end now, in order"; SIGTERM if not said. */
  readonly orderlySignal?: NodeJS.Signals
}

const startLimitMs = 90_000
const stopLimitMs = 20_000
const pollMs = 25
const code = {
  kafka: 'BUS_UNAVAILABLE',
  nats: 'BUS_UNAVAILABLE',
  s3: 'ARTIFACTS_UNAVAILABLE',
  postgres: 'STORE_UNAVAILABLE',
} as const

const running = new Set<LocalServer>()

// The kernel sees to it where it can (boundToParent); this is for the orderly end, and for other systems.
process.on('exit', () => {
  for (const server of running) server.abandon()
})

/** One server process of this machine, in a process group of its own, that does not outlive this process. */
export class LocalServer implements PeerServer, AsyncDisposable {
  readonly #launch: Launch
  readonly #temporary: boolean
  #child: ChildProcess | undefined
  #paused = false

  private constructor(launch: Launch, temporary: boolean) {
    this.#launch = launch
    this.#temporary = temporary
  }

  /** @param temporary - whether the launch's folder goes when the server is disposed of */
  static async launch(launch: Launch, temporary: boolean): Promise<LocalServer> {
    const server = new LocalServer(launch, temporary)
    await server.start()
    return server
  }

  get #logFile(): string {
    return join(this.#launch.folder, `${this.#launch.name}.log`)
  }

  async start(): Promise<void> {
    if (this.#child) return
    const { command, folder, env, user } = this.#launch
    const [program = '', ...args] = [...boundToParent(), ...command]
    const from = existsSync(this.#logFile) ? statSync(this.#logFile).size : 0
    const log = openSync(this.#logFile, 'a')
    const child = spawn(program, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
      ...user,
    })
    closeSync(log)
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    // A peer that somebody forgot must not keep a program from ending.
    child.unref()
    this.#child = child
    this.#paused = false
    running.add(this)
    const said = () => readFileSync(this.#logFile).subarray(from).toString()
    try {
      await this.#serves(child, said, () => failure)
    } catch (error) {
      await this.stop('SIGKILL')
      throw error
    }
  }

  async #serves(child: ChildProcess, said: () => string, failure: () => Error | undefined): Promise<void> {
    const { name, ready, port, probe = () => accepts(port) } = this.#launch
    const deadline = Date.now() + startLimitMs
    while (!(ready.test(said()) && (await probe()))) {
      const ended = failure()?.message ?? ending(child)
      const why = ended ?? (Date.now() > deadline ? `it did not serve within ${startLimitMs / 1000} s` : undefined)
      if (why !== undefined) {
        const lines = said().trimEnd().split('\n').slice(-15).join('\n')
        throw new TransientError(code[name], `${name} did not start on port ${port}: ${why}. Its last words:\n${lines}`)
      }
      await sleep(pollMs)
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child?.pid !== undefined && ending(child) === undefined) {
      child.ref()
      const exited = once(child, 'exit')
      if (signal === 'SIGKILL') signalTree(child.pid, signal)
      else {
        // Nobody acts on a signal while asleep.
        this.resume()
        child.kill(this.#launch.orderlySignal ?? signal)
      }
      const late = setTimeout(signalTree, stopLimitMs, child.pid, 'SIGKILL')
      await exited
      clearTimeout(late)
    }
    this.#child = undefined
    running.delete(this)
  }

  async pause(): Promise<void> {
    const pid = this.#signal('SIGSTOP')
    this.#paused = true
    // A signal is only queued: on a busy machine a thread may answer a request or two before it stops.
    const deadline = Date.now() + startLimitMs
    while (!isStopped(pid)) {
      if (Date.now() > deadline)
        throw new TransientError(code[this.#launch.name], `${this.#launch.name} does not stop upon SIGSTOP`)
      await sleep(1)
    }
  }

  resume(): void {
    if (this.#paused) this.#signal('SIGCONT')
    this.#paused = false
  }

  #signal(signal: NodeJS.Signals): number {
    const child = this.#child
    if (child?.pid === undefined || ending(child) !== undefined)
      throw new TransientError(code[this.#launch.name], `${this.#launch.name} is not running: start() it first`)
    signalTree(child.pid, signal)
    return child.pid
  }

  /** The last act of a process that ends: nothing may be awaited any more. */
  abandon(): void {
    if (this.#child?.pid !== undefined) signalTree(this.#child.pid, 'SIGKILL')
    if (this.#temporary) rmSync(this.#launch.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Data that goes anyway need not be put in order.
    await this.stop(this.#temporary ? 'SIGKILL' : 'SIGTERM')
    if (this.#temporary) await rm(this.#launch.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function ending({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (signalCode !== null) return `it was ended by ${signalCode}`
  return exitCode === null ? undefined : `it ended with exit code ${exitCode}`
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
