import type { DecodeLimits } from '@fanlight/image'
import { type ImageSource, type Model, type ModelAnswer, type ModelWork, TransientError } from '@fanlight/ports'
import { WorkerError } from '@fanlight/supervise'
import type { Provider } from '../provider.ts'
import type { DerivedModels } from './derived-models.ts'
import { MAX_GATHERED } from './gathering.ts'
import { KeptNetworks } from './kept-networks.ts'
import { defaultMaxResidentBytes, defaultWorkers } from './limits.ts'
import { MeasuredBatches } from './measured-batches.ts'
import { DEFAULT_MAX_MODEL_BYTES } from './model-file.ts'
import { type ModelFiles, SessionWorker } from './worker.ts'

export interface SessionModelOptions {
  readonly images: ImageSource
  /** @default files where their detectors' URIs, which are paths, say */
  readonly modelFiles?: ModelFiles | undefined
  /** Where what was built for gradients is kept for other processes. @default each process builds it anew */
  readonly derived?: DerivedModels | undefined
  /** What computes. When it cannot run here, answers reject with `PROVIDER_UNAVAILABLE`. @default 'cpu' */
  readonly provider?: Provider | undefined
  /**
   * Rows of a forward, where a detector's file leaves its batch open and keeps rows apart; others stay at 1.
   * @default 1 on the CPU, where batching gains nothing; elsewhere as measured when a detector is loaded first
   */
  readonly batch?: number | undefined
  /** Sessions that run at once, of one thread each. @default as many as there are cores; 2 at most off the CPU */
  readonly workers?: number | undefined
  /**
   * Child processes with a session each that are kept, those that rest included: so many detectors take turns at no
   * cost. Another one takes the place, in a new process, of the one that was used longest ago. @default workers + 2
   */
  readonly sessions?: number | undefined
  /** Children started at once, before there is work for them; a child takes some 100 MB. @default workers, at most 4 */
  readonly prestart?: number | undefined
  /** For a shard, from when its child starts it; longer when its forwards are known to take long. @default 60_000 */
  readonly shardTimeoutMs?: number | undefined
  /** For a child to start, and again to load a detector. @default 60_000 */
  readonly loadTimeoutMs?: number | undefined
  /** Resident size of a child. @default 4 GiB, or less on a small machine */
  readonly maxResidentBytes?: number | undefined
  /** Of an ONNX file. @default 512 MiB */
  readonly maxModelBytes?: number | undefined
  /** Of images. */
  readonly decodeLimits?: DecodeLimits | undefined
}

/** Works, or gatherings of them, that a child has at hand: what it runs and what is next, so that it never waits. */
const QUEUE_DEPTH = 2

interface Waiting {
  readonly detector: string
  readonly start: (worker: SessionWorker) => void
  readonly reject: (reason: unknown) => void
}

/**
 * A `Model` of onnxruntime sessions in supervised child processes. This process parses no ONNX file and decodes no
 * image. A death costs the shard that ran; what waited behind it is handed to another child.
 */
export function sessionModel(options: SessionModelOptions): Model {
  return new SessionModel(options)
}

class SessionModel implements Model {
  readonly concurrency: number
  /** The least recently used first. */
  readonly #workers: SessionWorker[]
  /** Strictly first come, first served: a detector that needs a free child gets one, however busy the others are. */
  readonly #waiting: Waiting[] = []
  /** Of `#workers`, how many may be busy. */
  readonly #maxBusy: number
  readonly #queueDepth: number
  readonly #kept: KeptNetworks | undefined
  #closed = false

  constructor({
    images,
    modelFiles = pathOf,
    derived,
    provider = 'cpu',
    batch = provider === 'cpu' ? 1 : undefined,
    workers = defaultWorkers(provider),
    prestart = 4,
    ...limits
  }: SessionModelOptions) {
    const sessions = Math.max(workers, limits.sessions ?? workers + 2)
    this.#kept = derived && new KeptNetworks(derived)
    const each = {
      images,
      modelFiles,
      shardTimeoutMs: limits.shardTimeoutMs ?? 60_000,
      loadTimeoutMs: limits.loadTimeoutMs ?? 60_000,
      maxResidentBytes: limits.maxResidentBytes ?? defaultMaxResidentBytes(sessions),
      maxModelBytes: limits.maxModelBytes ?? DEFAULT_MAX_MODEL_BYTES,
      decodeLimits: limits.decodeLimits,
      provider,
      batches: new MeasuredBatches(batch),
      kept: this.#kept,
    }
    this.#workers = Array.from({ length: sessions }, (_, i) => new SessionWorker(each, i < Math.min(workers, prestart)))
    this.#maxBusy = workers
    this.#queueDepth = batch === 1 ? QUEUE_DEPTH : QUEUE_DEPTH * MAX_GATHERED
    this.concurrency = this.#queueDepth * workers
  }

  async answer(work: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    for (;;) {
      try {
        return await this.#handOut(work, signal)
      } catch (error) {
        const innocent = error instanceof WorkerError && !error.started
        if (!innocent || this.#closed) throw error
      }
    }
  }

  hasPlaceFor(id: string): boolean {
    return this.#workers.some(({ detector }) => detector === undefined || detector === id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(closed())
    await Promise.all(this.#workers.map((worker) => worker.close()))
    await this.#kept?.settled()
  }

  async #handOut(work: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    signal.throwIfAborted()
    if (this.#closed) throw closed()
    const { promise, resolve, reject } = Promise.withResolvers<ModelAnswer>()
    const waiting: Waiting = {
      detector: work.detector.id,
      start: (worker) => resolve(this.#answerBy(worker, work, signal)),
      reject,
    }
    const abort = () => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(signal.reason)
      this.#dispatch()
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting.push(waiting)
    this.#dispatch()
    return promise.finally(() => signal.removeEventListener('abort', abort))
  }

  async #answerBy(worker: SessionWorker, work: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    worker.pending++
    try {
      return await worker.answer(work, signal)
    } finally {
      worker.pending--
      this.#dispatch()
    }
  }

  #dispatch(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const worker = this.#workerFor(first.detector)
      if (!worker) return
      this.#waiting.shift()
      this.#workers.splice(this.#workers.indexOf(worker), 1)
      this.#workers.push(worker)
      first.start(worker)
    }
  }

  /**
   * Who holds the detector and is free; else an empty place, or who holds it and has room; else who rested longest.
   * No more are busy than may be.
   */
  #workerFor(detector: string): SessionWorker | undefined {
    const isFull = this.#workers.filter(({ pending }) => pending > 0).length >= this.#maxBusy
    const holders = this.#workers.filter((worker) => worker.detector === detector && worker.pending < this.#queueDepth)
    const busyHolder = holders.find(({ pending }) => pending > 0)
    if (isFull) return busyHolder
    const idle = this.#workers.filter(({ pending }) => pending === 0)
    return (
      holders.find(({ pending }) => pending === 0) ??
      idle.find((worker) => worker.detector === undefined) ??
      busyHolder ??
      idle[0]
    )
  }
}

const pathOf: ModelFiles = async ({ uri }) => uri

const closed = () => new TransientError('WORKER_CRASHED', 'the sessions were closed before this shard had its turn')
