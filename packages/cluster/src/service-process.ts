import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { boundToParent, signalTree } from '@fanlight/peers'
import { TransientError } from '@fanlight/ports'

export const serviceNames = ['ingest', 'inference', 'explainer', 'aggregator', 'gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

export interface ServiceProcessOptions {
  readonly name: ServiceName
  /** From 1, where there are several of a name. */
  readonly number: number
  readonly env: Readonly<Record<string, string>>
  /** More of it for the how-manieth process, from 1: what a test of faults sets. */
  readonly envOf?: ((label: string, start: number) => Readonly<Record<string, string>>) | undefined
  /** What it logs goes here. */
  readonly logFile: string
  /** Until it is started again after a death. @default 200 */
  readonly restartMs?: number
}

const START_LIMIT_MS = 60_000

/** A service that is started again whenever it dies, as a cluster's scheduler would, until it is stopped. */
export class ServiceProcess implements AsyncDisposable {
  readonly label: string
  readonly name: ServiceName
  readonly #options: ServiceProcessOptions
  readonly #log: WriteStream
  #child: ChildProcess | undefined
  #healthUrl: string | undefined
  #serves: string | undefined
  #isWanted = true
  /** Processes that it had so far. */
  starts = 0

  constructor(options: ServiceProcessOptions) {
    this.#options = options
    this.name = options.name
    this.label = `${options.name}-${options.number}`
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
    this.#start()
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Where its HTTP API is, of a gateway. */
  get url(): string | undefined {
    return this.#serves
  }

  /** Where `/livez`, `/readyz` and `/metrics` are; undefined until it is up. */
  get healthUrl(): string | undefined {
    return this.#healthUrl
  }

  /** @throws TransientError `STORE_UNAVAILABLE` with the last it said, when it is not ready within a minute */
  async ready(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS
    let last = 'nothing yet'
    while (Date.now() < deadline) {
      try {
        const response = await fetch(`${this.#healthUrl ?? 'http://127.0.0.1:0'}/readyz`)
        if (response.ok) return
        last = await response.text()
      } catch (error) {
        last = String(error)
      }
      await sleep(50)
    }
    const where = `its log is ${this.#options.logFile}`
    throw new TransientError('STORE_UNAVAILABLE', `${this.label} was not ready within 60 s (${last}); ${where}`)
  }

  /** A crash, or a pause; it starts again after its death. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child?.pid !== undefined) signalTree(this.#child.pid, signal)
  }

  /** An orderly end, until it is started again. */
  stop(): Promise<void> {
    return this.#end()
  }

  /** An orderly end where it runs, and a new process. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#end()
    this.#isWanted = true
    this.#start(env)
    await this.ready()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.#log.end()
  }

  async #end(): Promise<void> {
    this.#isWanted = false
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    signalTree(child.pid!, 'SIGCONT')
    child.kill('SIGTERM')
    const late = setTimeout(() => signalTree(child.pid!, 'SIGKILL'), 30_000)
    await exited
    clearTimeout(late)
  }

  #start(more: Readonly<Record<string, string>> = {}): void {
    const { name, env, envOf, restartMs = 200 } = this.#options
    this.starts += 1
    const entry = fileURLToPath(new URL('main.ts', import.meta.resolve(`@fanlight/${name}`)))
    const [program = '', ...args] = [...boundToParent(), process.execPath, entry]
    const child = spawn(program, args, {
      env: { ...inherited(), ...env, ...envOf?.(this.label, this.starts), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    this.#healthUrl = undefined
    child.stdout.pipe(this.#log, { end: false })
    createInterface(child.stderr).on('line', (line) => this.#read(line))
    child.once('exit', () => {
      if (this.#isWanted) setTimeout(() => this.#isWanted && this.#child === child && this.#start(more), restartMs)
    })
  }

  #read(line: string): void {
    this.#log.write(`${line}\n`)
    if (!line.startsWith('{')) return
    const { msg, health, url } = JSON.parse(line) as { msg?: string; health?: string; url?: string }
    if (msg === 'starting' && health) this.#healthUrl = health.replace('0.0.0.0', '127.0.0.1')
    if (msg === 'serving' && url) this.#serves = url.replace('0.0.0.0', '127.0.0.1')
  }
}

/** Of our own variables only those that are given: what this machine has set for something else stays out. */
const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(FANLIGHT|AWS)_/.test(name)))
