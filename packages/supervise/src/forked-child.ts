import { type ChildProcess, fork } from 'node:child_process'
import { InputError } from '@fanlight/ports'
import pidusage from 'pidusage'
import { OutputTail } from './output-tail.ts'
import type { RequestOptions, SupervisedChild, SuperviseOptions } from './supervised-child.ts'
import { type FromChild, type ToChild, unpackError } from './wire.ts'
import { WorkerError } from './worker-error.ts'

const MEMORY_POLL_MS = 200
/** A grandchild that holds the pipes open must not hold up the news of an exit. */
const LAST_WORDS_MS = 500
const MAX_TIMER_MS = 2 ** 31 - 1

interface Pending<Reply> {
  readonly resolve: (reply: Reply) => void
  readonly reject: (reason: unknown) => void
  readonly timeoutMs: number
  started: boolean
}

type Phase<Reply> = 'load' | 'start' | Pending<Reply>

interface Demise {
  readonly code: 'WORKER_CRASHED' | 'WORKER_TIMEOUT' | 'WORKER_MEMORY'
  readonly reason: string
  /** Nobody is to blame. */
  readonly closed?: boolean
}

/** Starts a child. A failure to start, too, is told by `exited` and by every request. */
export function superviseChild<Request, Reply>(options: SuperviseOptions): SupervisedChild<Request, Reply> {
  return new ForkedChild<Request, Reply>(options)
}

class ForkedChild<Request, Reply> implements SupervisedChild<Request, Reply> {
  readonly exited: Promise<WorkerError>
  readonly #options: SuperviseOptions
  readonly #process: ChildProcess
  readonly #output: OutputTail
  readonly #memoryPoll: NodeJS.Timeout
  readonly #gone = Promise.withResolvers<WorkerError>()
  /** In the order of asking, which is the child's order of work: the first is the one that runs. */
  readonly #pending = new Map<number, Pending<Reply>>()
  /** Asked before the child was ready. */
  readonly #unsent = new Map<number, Request>()
  #lastId = 0
  #ready = false
  #demise: Demise | undefined
  #error: WorkerError | undefined
  #limitedPhase: Phase<Reply> | undefined
  #silenceTimer: NodeJS.Timeout | undefined

  constructor(options: SuperviseOptions) {
    this.#options = options
    this.exited = this.#gone.promise
    this.#process = fork(options.entry, options.args, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [...(options.nodeArgs ?? [])],
      env: options.env ?? process.env,
      cwd: options.cwd,
    })
    this.#output = new OutputTail([this.#process.stdout, this.#process.stderr])
    this.#process.on('message', (message) => this.#receive(message as FromChild))
    this.#process.once('error', (error) => this.#bury(`could not be started: ${error.message}`))
    this.#process.once('close', (code, signal) => this.#bury(exitReason(code, signal)))
    this.#process.once('exit', (code, signal) => {
      setTimeout(() => this.#bury(exitReason(code, signal)), LAST_WORDS_MS).unref()
    })
    this.#memoryPoll = setInterval(() => void this.#pollMemory(), MEMORY_POLL_MS).unref()
    this.#limitSilence()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get alive(): boolean {
    const { pid, exitCode, signalCode } = this.#process
    return pid !== undefined && exitCode === null && signalCode === null && this.#demise === undefined
  }

  get pending(): number {
    return this.#pending.size
  }

  request(message: Request, { timeoutMs, signal }: RequestOptions): Promise<Reply> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#error) return Promise.reject(this.#errorFor(this.#error, false))
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const id = ++this.#lastId
    const abort = () => this.#abort(id, signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    const settle =
      <Value>(end: (value: Value) => void) =>
      (value: Value) => {
        signal?.removeEventListener('abort', abort)
        end(value)
      }
    this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject), timeoutMs, started: false })
    if (this.#ready) this.#ask(id, message)
    else this.#unsent.set(id, message)
    if (this.#pending.size === 1) this.#limitSilence()
    return promise
  }

  async close(): Promise<void> {
    this.#kill({ code: 'WORKER_CRASHED', reason: 'was closed before it could answer', closed: true })
    await this.exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #ask(id: number, request: Request): void {
    try {
      this.#send({ ask: id, request })
    } catch (error) {
      this.#settle(id)?.reject(
        new InputError('MESSAGE_INVALID', `a request cannot be cloned: ${error}`, { cause: error }),
      )
    }
  }

  /** @throws DOMException when the message cannot be cloned */
  #send(message: ToChild): void {
    // A failed write means that the child is gone, which its exit tells better.
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  #receive(message: FromChild): void {
    if (message.is === 'ready') {
      this.#ready = true
      for (const [id, request] of this.#unsent) this.#ask(id, request)
      this.#unsent.clear()
    } else if (message.is === 'started') {
      const pending = this.#pending.get(message.id)
      if (pending) pending.started = true
    } else {
      const pending = this.#settle(message.id)
      if (message.is === 'reply') pending?.resolve(message.reply as Reply)
      else pending?.reject(unpackError(message.error))
    }
    this.#limitSilence()
  }

  #settle(id: number): Pending<Reply> | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #abort(id: number, reason: unknown): void {
    this.#pending.get(id)?.reject(reason)
    if (this.#unsent.delete(id)) this.#settle(id)
    // Otherwise it stays pending until the child says that it dropped or ended it: its time limit must hold.
    else this.#send({ cancel: id })
  }

  /** What the child is expected to end; undefined when nothing is. */
  #phase(first: Pending<Reply> | undefined): Phase<Reply> | undefined {
    if (!this.#ready) return 'load'
    return first?.started ? first : first && 'start'
  }

  /** One timer, for whichever phase the child is in; news of another request does not prolong it. */
  #limitSilence(): void {
    const [first] = this.#pending.values()
    const phase = this.#phase(first)
    if (phase === this.#limitedPhase) return
    this.#limitedPhase = phase
    clearTimeout(this.#silenceTimer)
    this.#silenceTimer = undefined
    if (phase === undefined) return
    const running = first?.started === true
    const limitMs = Math.min(running ? first.timeoutMs : this.#options.loadTimeoutMs, MAX_TIMER_MS)
    const silence = running ? 'its request ran' : this.#ready ? 'it did not start a request' : 'it was not ready'
    const timer = setTimeout(() => {
      // This process may have been the slow one: what the child wrote meanwhile is read before the next turn.
      setImmediate(() => {
        if (this.#silenceTimer !== timer) return
        this.#kill({ code: 'WORKER_TIMEOUT', reason: `was killed: ${silence} for more than ${limitMs} ms` })
      })
    }, limitMs).unref()
    this.#silenceTimer = timer
  }

  async #pollMemory(): Promise<void> {
    const { pid } = this.#process
    if (!this.alive || pid === undefined || (this.#ready && this.#pending.size === 0)) return
    // No figure: it has just ended, and its exit tells.
    const usage: { memory: number } | undefined = await pidusage(pid).catch(() => undefined)
    const { maxResidentBytes } = this.#options
    if (!usage || usage.memory <= maxResidentBytes) return
    const reason = `was killed: it took ${megabytes(usage.memory)} of memory, its limit is ${megabytes(maxResidentBytes)}`
    this.#kill({ code: 'WORKER_MEMORY', reason })
  }

  #kill(demise: Demise): void {
    if (!this.alive) return
    this.#demise = demise
    this.#process.kill('SIGKILL')
  }

  #bury(exit: string): void {
    if (this.#error) return
    clearInterval(this.#memoryPoll)
    clearTimeout(this.#silenceTimer)
    this.#demise ??= { code: 'WORKER_CRASHED', reason: exit }
    const { code, reason, closed = false } = this.#demise
    const words = closed ? '' : this.#output.text()
    const message = `${this.#options.name}: its process ${reason}${words && `; it last said:\n${words}`}`
    this.#error = new WorkerError(code, message, { started: false })
    let blamed = !closed
    for (const pending of this.#pending.values()) {
      pending.reject(this.#errorFor(this.#error, blamed))
      blamed = false
    }
    this.#pending.clear()
    this.#unsent.clear()
    this.#gone.resolve(this.#error)
  }

  /** An error object of its own for each request. */
  #errorFor(error: WorkerError, started: boolean): WorkerError {
    return new WorkerError(error.code, error.message, { started })
  }
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
