import { resolve } from 'node:path'
import type { KernelGridOptions } from '@fanlight/network'
import { FanlightError, InputError, isFanlightError } from '@fanlight/ports'
import { WorkerError } from '@fanlight/supervise'
import type { ClimbTask } from './dream/climb.ts'
import { type DreamRequest, type DreamStep, dreamSteps } from './dream/dream-steps.ts'
import { restingChild } from './resting-child.ts'
import type { InspectReply, InspectRequest, KernelPicture, ModelSource, NetworkInspection } from './wire.ts'

/** An ONNX file: on this machine, or as bytes that are read when they are needed. */
export type ModelFile = FileOfMachine | StoredModel

interface FileOfMachine {
  readonly path: string
  /** How errors call it. @default its path */
  readonly name?: string
  /** Refuses a file of another hash, and saves reading it again. */
  readonly sha256?: string | undefined
}

interface StoredModel {
  readonly name: string
  readonly sha256: string
  read(): Promise<Uint8Array>
}

/** Looks into networks, in a supervised child: a file that takes it down costs its own answer only. */
export interface Inspector extends AsyncDisposable {
  /**
   * Layers, cost and weights. The network is run once, on grey, for the shapes of its values; where that fails, the
   * shapes are those that the file tells, and `notRun` says why.
   * @throws InputError `MODEL_NOT_FOUND`, `NOT_A_FILE`, `MODEL_INVALID`, `MODEL_UNSAFE`; what reads a `StoredModel`
   * @throws TransientError `WORKER_*`
   */
  network(file: ModelFile): Promise<NetworkInspection>
  /**
   * The kernels of a layer as PNG.
   * @throws as `network`, and InputError `NOT_FOUND`, `USAGE` as `kernelGrid`
   */
  kernels(file: ModelFile, options: KernelGridOptions): Promise<KernelPicture>
  /**
   * The picture that a class, a detection or a channel rises at, step by step. A step that takes its child down is
   * tried again.
   * @throws as `network`, and as `dreamSteps`, and InputError `MODEL_UNSUPPORTED`, `USAGE` as `openAscent`
   */
  dream(file: ModelFile, request: DreamRequest): AsyncGenerator<DreamStep, void, undefined>
}

export interface InspectorOptions {
  /** For a child to start, and again for each answer. @default 60_000 */
  readonly loadTimeoutMs?: number | undefined
  /** Of the child. @default 2 GiB */
  readonly maxResidentBytes?: number | undefined
  /** Of a file. @default 512 MiB */
  readonly maxModelBytes?: number | undefined
  /** A child that nobody has asked for so long is closed: it holds a network. @default 30_000 */
  readonly idleMs?: number
}

type Question =
  | { readonly ask: 'network'; readonly run: boolean }
  | { readonly ask: 'kernels'; readonly options: KernelGridOptions }
  | { readonly ask: 'climb'; readonly task: ClimbTask }

export function startInspector(options: InspectorOptions = {}): Inspector {
  const { loadTimeoutMs = 60_000, maxResidentBytes = 2 * 2 ** 30, maxModelBytes = 512 * 2 ** 20 } = options
  const { idleMs = 30_000 } = options
  const entry = new URL('./inspect-child.ts', import.meta.url)
  const name = 'the process that looks into networks'
  const child = restingChild<InspectRequest, InspectReply>({ entry, name, maxResidentBytes, loadTimeoutMs }, idleMs)
  const request = (source: ModelSource, question: Question) =>
    child.request({ ...question, source, maxModelBytes }, { timeoutMs: loadTimeoutMs })

  async function ask(file: ModelFile, question: Question): Promise<InspectReply> {
    try {
      if ('path' in file) return await request({ path: resolve(file.path), sha256: file.sha256 }, question)
      const reply = await request({ sha256: file.sha256, bytes: undefined }, question)
      if (reply.is !== 'missing') return reply
      return await request({ sha256: file.sha256, bytes: await file.read() }, question)
    } catch (error) {
      throw named(file, error)
    }
  }

  return {
    async network(file) {
      const reply = await ask(file, { ask: 'network', run: true }).catch(async (error: unknown) => {
        if (child.closed || !(error instanceof WorkerError)) throw error
        const again = await ask(file, { ask: 'network', run: false }).catch((cause: unknown) => {
          if (child.closed || !(cause instanceof WorkerError)) throw cause
          const message = `the file takes down whatever reads it: ${cause.message}. Export it again`
          throw named(file, new InputError('MODEL_INVALID', message, { cause }))
        })
        return again.is === 'network' ? { ...again, network: { ...again.network, notRun: error.message } } : again
      })
      if (reply.is !== 'network') throw new Error(`the child answered ${reply.is}`)
      return reply.network
    },
    async kernels(file, options) {
      const reply = await ask(file, { ask: 'kernels', options })
      if (reply.is !== 'kernels') throw new Error(`the child answered ${reply.is}`)
      return reply.kernels
    },
    dream(file, request) {
      const { descriptor, aim } = request
      return dreamSteps(request, async (question) => {
        const asked = () => ask(file, { ask: 'climb', task: { descriptor, aim, question } })
        const reply = await asked().catch((error: unknown) => {
          if (child.closed || !(error instanceof WorkerError)) throw error
          return asked()
        })
        if (reply.is !== 'climb') throw new Error(`the child answered ${reply.is}`)
        return reply.answer
      })
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}

/** Errors about a model name its file. */
function named(file: ModelFile, error: unknown): unknown {
  if (!isFanlightError(error) || error instanceof WorkerError || error.code === 'USAGE' || error.code === 'NOT_FOUND') {
    return error
  }
  const name = JSON.stringify((file.name ?? ('path' in file ? file.path : '')).slice(0, 1000))
  return new FanlightError(error.code, `${name}: ${error.message}`, { retry: error.retry, cause: error })
}
