import { resolve } from 'node:path'
import type { Descriptor } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import { FanlightError, isFanlightError } from '@fanlight/ports'
import { WorkerError } from '@fanlight/supervise'
import type { ModelFile } from '../inspector.ts'
import { restingChild } from '../resting-child.ts'
import type { ModelSource } from '../wire.ts'
import type { InsideAnswers, InsideQuestion, InsideReply, InsideRequest } from './wire.ts'

/** A detector: its file, and how it is fed and read. */
export interface DetectorFile {
  readonly file: ModelFile
  readonly descriptor: Descriptor
}

/** Looks into detectors while they read photos, in a supervised child. */
export interface InsideViewer extends AsyncDisposable {
  /**
   * @throws InputError `MODEL_*`, `IMAGE_*`; `NOT_FOUND` where the photo has no such detection; `USAGE` for a layer that
   *   is not there, with the nearest names
   * @throws TransientError `WORKER_*`
   */
  ask<Ask extends InsideQuestion['ask']>(
    detector: DetectorFile,
    question: Extract<InsideQuestion, { readonly ask: Ask }>,
    signal?: AbortSignal,
  ): Promise<InsideAnswers[Ask]>
}

export interface InsideViewerOptions {
  /** For a child to start, and again to open a detector. @default 60_000 */
  readonly loadTimeoutMs?: number | undefined
  /** For an answer. @default 120_000 */
  readonly timeoutMs?: number | undefined
  /** Of the child. @default 4 GiB */
  readonly maxResidentBytes?: number | undefined
  /** Of a file. @default 512 MiB */
  readonly maxModelBytes?: number | undefined
  readonly decodeLimits?: DecodeLimits | undefined
  /** A child that nobody has asked for so long is closed. @default 30_000 */
  readonly idleMs?: number
}

type Asked = Pick<InsideRequest, 'descriptor' | 'question'>

export function startInsideViewer(options: InsideViewerOptions = {}): InsideViewer {
  const { loadTimeoutMs = 60_000, timeoutMs = 120_000, maxResidentBytes = 4 * 2 ** 30 } = options
  const { maxModelBytes = 512 * 2 ** 20, decodeLimits, idleMs = 30_000 } = options
  const entry = new URL('./inside-child.ts', import.meta.url)
  const name = 'the process that looks into detectors'
  const child = restingChild<InsideRequest, InsideReply>({ entry, name, maxResidentBytes, loadTimeoutMs }, idleMs)
  const request = (source: ModelSource, asked: Asked, signal: AbortSignal | undefined) =>
    child.request(
      { ...asked, source, maxModelBytes, decodeLimits },
      { timeoutMs: loadTimeoutMs + timeoutMs, ...(signal && { signal }) },
    )

  return {
    async ask(detector, question, signal) {
      const { file, descriptor } = detector
      try {
        const asked = { descriptor, question }
        const isPath = 'path' in file
        const source = isPath
          ? { path: resolve(file.path), sha256: file.sha256 }
          : { sha256: file.sha256, bytes: undefined }
        let reply = await request(source, asked, signal)
        if (reply.is === 'missing' && !isPath) {
          reply = await request({ sha256: file.sha256, bytes: await file.read() }, asked, signal)
        }
        if (reply.is === 'missing') throw new Error('the child has not read the file')
        // The child answers what it was asked.
        return reply.answer as InsideAnswers[typeof question.ask]
      } catch (error) {
        throw named(file, error)
      }
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}

/** Errors about a model name its file. */
function named(file: ModelFile, error: unknown): unknown {
  if (!isFanlightError(error) || error instanceof WorkerError || !error.code.startsWith('MODEL_')) return error
  const name = JSON.stringify((file.name ?? ('path' in file ? file.path : '')).slice(0, 1000))
  return new FanlightError(error.code, `${name}: ${error.message}`, { retry: error.retry, cause: error })
}
