import { type DetectorRef, forwardsOf, type Question } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import { type ImageSource, isFanlightError, type ModelAnswer, type ModelWork } from '@fanlight/ports'
import {
  type RequestOptions,
  type SupervisedChild,
  superviseChild,
  unpackError,
  WorkerError,
} from '@fanlight/supervise'
import type { Provider } from '../provider.ts'
import { quoted } from '../quoted.ts'
import { Gathering } from './gathering.ts'
import type { KeptNetworks } from './kept-networks.ts'
import type { MeasuredBatches } from './measured-batches.ts'
import { derivedKey, isOfFile, tappedAs } from './tapped-as.ts'
import { variantOf } from './variant.ts'
import {
  type AnswerReply,
  type ChildRequest,
  KEPT_IMAGES,
  type LoadReply,
  type WorkReply,
  type WorkRequest,
} from './wire.ts'

/** Where this machine has a detector's ONNX file, fetched if need be. */
export type ModelFiles = (detector: DetectorRef) => Promise<string>

export interface WorkerOptions {
  readonly images: ImageSource
  readonly modelFiles: ModelFiles
  readonly shardTimeoutMs: number
  readonly loadTimeoutMs: number
  readonly maxResidentBytes: number
  readonly maxModelBytes: number
  readonly decodeLimits: DecodeLimits | undefined
  readonly provider: Provider
  readonly batches: MeasuredBatches
  /** What other processes built, and where this one's goes. */
  readonly kept: KeptNetworks | undefined
}

type Child = SupervisedChild<ChildRequest, unknown>

interface Session {
  readonly detector: DetectorRef
  readonly child: Child
  readonly loaded: Promise<LoadReply>
  /** Images that the child should hold, the latest last. */
  readonly images: Set<string>
  /** Keys of the tapped networks that the child has opened, or tried to. */
  readonly tapped: Set<string>
  /** Requests are sent one after the other: the second shard of an image need not bring it again. */
  turn: Promise<unknown>
  /** Works that wait for each other, where rows of several share a forward. */
  readonly gathering: Gathering<ModelWork, WorkReply>
}

/** Sent, though not answered yet: a promise in an object is not waited for. */
interface Sent {
  readonly reply: Promise<AnswerReply>
}

export const CHILD_ENTRY = new URL('./child.ts', import.meta.url)

/** Seen by nobody, unless the sessions are closed meanwhile: such a work is handed out again. */
const togetherWithOthers = { code: 'WORKER_CRASHED', message: 'it was asked together with a work that failed' } as const

/** A time limit leaves room for a busy machine: this many times what the forwards should take. */
const PATIENCE = 20

/** A place for one child with one session. Another detector, or a death, means another process. */
export class SessionWorker {
  readonly #options: WorkerOptions
  /** Started ahead of need. */
  #spare: Child | undefined
  #session: Session | undefined
  /** Works that died or failed together with others, any of which may have been the cause. */
  readonly #suspects = new WeakSet<ModelWork>()
  /** Works given to this worker and not ended; kept by who hands them out. */
  pending = 0

  constructor(options: WorkerOptions, prestart: boolean) {
    this.#options = options
    if (prestart) this.#spare = this.#fork()
  }

  /** Id of the detector that it holds or is loading; undefined when it has no child. */
  get detector(): string | undefined {
    return this.#living()?.detector.id
  }

  /**
   * @throws WorkerError with `started: false` when another work's fault, or a change of detector, took the child:
   *   hand it out again
   */
  async answer(work: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    try {
      return await this.#answer(work, signal)
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error
      const { name, uri } = work.detector
      const message = `detector ${quoted(name)} (${quoted(uri, 1000)}): ${error.message}`
      throw new WorkerError(error.code, message, { started: error.started, cause: error })
    }
  }

  async close(): Promise<void> {
    const children = [this.#spare, this.#session?.child]
    this.#spare = undefined
    this.#session = undefined
    await Promise.all(children.map((child) => child?.close()))
  }

  async #answer(work: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    const held = this.#living()
    const session = held?.detector.id === work.detector.id ? held : this.#open(work.detector)
    const { executionClass, batch } = await loadedFor(session, session !== held)
    const reply =
      batch === 1
        ? (await this.#ask(session, [work], signal))[0]!
        : await session.gathering.add(work, { signal, alone: this.#goesAlone(work) })
    if (!reply.ok) throw unpackError(reply.error)
    return { answer: reply.answer, executionClass, measured: reply.measured }
  }

  /** What wants a network of its own, as gradients do: of several works, each might want another. */
  #goesAlone(work: ModelWork): boolean {
    return work.question.kind === 'gradient' || !!variantOf(work.question).weights || this.#suspects.has(work)
  }

  async #askTogether(session: Session, works: readonly ModelWork[]): Promise<readonly WorkReply[]> {
    try {
      return await this.#ask(session, works)
    } catch (error) {
      if (works.length === 1 || (error instanceof WorkerError && !error.started)) throw error
      // A death, or an image that cannot be had: whose it was they tell when each is asked alone.
      for (const work of works) this.#suspects.add(work)
      const { code, message } = error instanceof WorkerError ? error : togetherWithOthers
      throw new WorkerError(code, message, { started: false, cause: error })
    }
  }

  async #ask(session: Session, works: readonly ModelWork[], signal?: AbortSignal): Promise<readonly WorkReply[]> {
    const { forwardMs } = await session.loaded
    const timeoutMs = works.reduce((sum, { question }) => {
      return sum + Math.max(this.#options.shardTimeoutMs, Math.ceil(PATIENCE * forwardMs * forwardsOf(question)))
    }, 0)
    const ask = async () => {
      const { reply } = await this.#send(session, works, signal ? { timeoutMs, signal } : { timeoutMs })
      return reply.catch((error: unknown) => this.#failed(session, error))
    }
    let reply = await ask()
    if (reply.is === 'missing') {
      for (const { image, question } of works) {
        session.images.delete(image.sha256)
        if (isOfFile(question)) session.tapped.delete(derivedKey(session.detector, tappedAs(question)))
      }
      reply = await ask()
    }
    if (reply.is === 'missing') throw new Error('the child lost images that it was just given')
    if (reply.is === 'answered') {
      for (const { at, bytes } of reply.built) this.#keep(works[at]!, bytes)
      return reply.replies
    }
    void session.child.close()
    throw new WorkerError('WORKER_CRASHED', 'its process made room for another', { started: false })
  }

  /** A device that failed may have been lost: another process opens it again. */
  #failed({ child }: Session, error: unknown): never {
    if (this.#options.provider !== 'cpu' && isFanlightError(error) && error.retry === 'later') void child.close()
    throw error
  }

  #send(session: Session, works: readonly ModelWork[], limits: RequestOptions): Promise<Sent> {
    const turn = session.turn.then(async () => {
      const sent: WorkRequest[] = []
      for (const { image, question } of works) {
        const bytes = session.images.has(image.sha256) ? undefined : await this.#options.images.read(image)
        remember(session.images, image.sha256)
        sent.push({ image: image.sha256, bytes, question, tapped: await this.#tappedOf(session, question) })
      }
      return { reply: session.child.request({ ask: 'answer', works: sent }, limits) as Promise<AnswerReply> }
    })
    session.turn = turn.catch(() => {})
    return turn
  }

  /** Only the first time: from then on the child has it, or never will. */
  async #tappedOf({ detector, tapped }: Session, question: Question): Promise<WorkRequest['tapped']> {
    if (!this.#options.kept || !isOfFile(question)) return undefined
    const key = derivedKey(detector, tappedAs(question))
    if (tapped.has(key)) return undefined
    tapped.add(key)
    return { kept: await this.#options.kept.get(key) }
  }

  #keep({ detector, question }: ModelWork, bytes: Uint8Array): void {
    if (isOfFile(question)) this.#options.kept?.keep(derivedKey(detector, tappedAs(question)), bytes)
  }

  #living(): Session | undefined {
    return this.#session?.child.alive ? this.#session : undefined
  }

  #open(detector: DetectorRef): Session {
    const { loadTimeoutMs, maxModelBytes, decodeLimits, provider, batches } = this.#options
    // Killed at once: two sessions side by side could take more memory than there is.
    void this.#session?.child.close()
    const child = this.#spare?.alive ? this.#spare : this.#fork()
    this.#spare = undefined
    const load = async () => {
      const path = await this.#options.modelFiles(detector)
      return batches.with(detector.id, async (batch) => {
        const request = { ask: 'load', detector, path, maxModelBytes, decodeLimits, provider, batch } as const
        return (await child.request(request, { timeoutMs: loadTimeoutMs })) as LoadReply
      })
    }
    const loaded = load()
    const gathering = new Gathering<ModelWork, WorkReply>((works) => this.#askTogether(session, works))
    const session: Session = {
      detector,
      child,
      loaded,
      images: new Set(),
      tapped: new Set(),
      turn: Promise.resolve(),
      gathering,
    }
    // A child that could not load is of no use to anybody.
    loaded.catch(() => {
      if (this.#session === session) void this.close()
    })
    this.#session = session
    return session
  }

  #fork(): Child {
    const { loadTimeoutMs, maxResidentBytes } = this.#options
    return superviseChild({ entry: CHILD_ENTRY, name: 'session', maxResidentBytes, loadTimeoutMs })
  }
}

/** @param mine whether this work made the child load: only then is a death its fault */
async function loadedFor({ loaded }: Session, mine: boolean): Promise<LoadReply> {
  try {
    return await loaded
  } catch (error) {
    if (mine || !(error instanceof WorkerError)) throw error
    throw new WorkerError(error.code, error.message, { started: false, cause: error })
  }
}

function remember(images: Set<string>, sha256: string): void {
  images.delete(sha256)
  images.add(sha256)
  if (images.size <= KEPT_IMAGES) return
  const [oldest] = images
  images.delete(oldest!)
}
