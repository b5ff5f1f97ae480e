import { type DetectorRef, forwardsOf } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import type { ImageSource, ModelAnswer, ModelWork } from '@fanlight/ports'
import { type RequestOptions, type SupervisedChild, superviseChild, WorkerError } from '@fanlight/supervise'
import { quoted } from '../quoted.ts'
import { type AnswerReply, type ChildRequest, KEPT_IMAGES, type LoadReply } from './wire.ts'

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
}

type Child = SupervisedChild<ChildRequest, unknown>

interface Session {
  readonly detector: DetectorRef
  readonly child: Child
  readonly loaded: Promise<LoadReply>
  /** Images that the child should hold, the latest last. */
  readonly images: Set<string>
  /** Requests are sent one after the other: the second shard of an image need not bring it again. */
  turn: Promise<unknown>
}

interface Sending {
  readonly image: ModelWork['image']
  readonly question: ModelWork['question']
  readonly limits: RequestOptions
}

/** Sent, though not answered yet: a promise in an object is not waited for. */
interface Sent {
  readonly reply: Promise<AnswerReply>
}

export const CHILD_ENTRY = new URL('./child.ts', import.meta.url)

/** A time limit leaves room for a busy machine: this many times what the forwards should take. */
const PATIENCE = 20

/** A place for one child with one session. Another detector, or a death, means another process. */
export class SessionWorker {
  readonly #options: WorkerOptions
  /** Started ahead of need. */
  #spare: Child | undefined
  #session: Session | undefined
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

  async #answer({ detector, image, question }: ModelWork, signal: AbortSignal): Promise<ModelAnswer> {
    const held = this.#living()
    const session = held?.detector.id === detector.id ? held : this.#open(detector)
    const { executionClass, forwardMs } = await loadedFor(session, session !== held)
    const timeoutMs = Math.max(this.#options.shardTimeoutMs, PATIENCE * forwardMs * forwardsOf(question))
    const work = { image, question, limits: { timeoutMs, signal } }
    const ask = async () => (await this.#send(session, work)).reply
    let reply = await ask()
    if (reply.missing) {
      session.images.delete(image.sha256)
      reply = await ask()
    }
    if (reply.missing) throw new Error(`the child lost image ${image.sha256}, which it was just given`)
    return { answer: reply.answer, executionClass, measured: reply.measured }
  }

  #send(session: Session, { image, question, limits }: Sending): Promise<Sent> {
    const turn = session.turn.then(async () => {
      const bytes = session.images.has(image.sha256) ? undefined : await this.#options.images.read(image)
      remember(session.images, image.sha256)
      const request = { ask: 'answer', image: image.sha256, bytes, question } as const
      return { reply: session.child.request(request, limits) as Promise<AnswerReply> }
    })
    session.turn = turn.catch(() => {})
    return turn
  }

  #living(): Session | undefined {
    return this.#session?.child.alive ? this.#session : undefined
  }

  #open(detector: DetectorRef): Session {
    const { loadTimeoutMs, maxModelBytes, decodeLimits } = this.#options
    // Killed at once: two sessions side by side could take more memory than there is.
    void this.#session?.child.close()
    const child = this.#spare?.alive ? this.#spare : this.#fork()
    this.#spare = undefined
    const load = async () => {
      const path = await this.#options.modelFiles(detector)
      const request = { ask: 'load', detector, path, maxModelBytes, decodeLimits } as const
      return (await child.request(request, { timeoutMs: loadTimeoutMs })) as LoadReply
    }
    const loaded = load()
    const session: Session = { detector, child, loaded, images: new Set(), turn: Promise.resolve() }
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
