import { basename, resolve } from 'node:path'
import { type DetectorRef, detectorId } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { superviseChild, WorkerError } from '@fanlight/supervise'
import { quoted } from '../quoted.ts'
import { defaultMaxResidentBytes } from './limits.ts'
import { DEFAULT_MAX_MODEL_BYTES } from './model-file.ts'
import type { ChildRequest, DescribeReply, InspectReply } from './wire.ts'
import { CHILD_ENTRY } from './worker.ts'

export interface InspectOptions {
  /** For a child to start, and again to read and run the file. @default 60_000 */
  readonly loadTimeoutMs?: number | undefined
  /** Resident size of the child. @default 4 GiB, or less on a small machine */
  readonly maxResidentBytes?: number | undefined
  /** Of the file. @default 512 MiB */
  readonly maxModelBytes?: number | undefined
}

export interface DescribeOptions extends InspectOptions {
  /** One of `familyNames`; overrides what the outputs say. */
  readonly family?: string | undefined
  /** @default the file's name without .onnx */
  readonly name?: string | undefined
}

export type Inspection = InspectReply

const TRIES = 3

/**
 * What an ONNX file says about itself, read in a child process and not run.
 * @throws InputError `MODEL_NOT_FOUND`, `NOT_A_FILE`, `MODEL_INVALID` (also when it takes its reader down three
 *   times), `MODEL_UNSAFE`
 */
export function inspectModel(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const { maxModelBytes = DEFAULT_MAX_MODEL_BYTES } = options
  return askOnce({ ask: 'inspect', path: resolve(path), maxModelBytes }, options)
}

/**
 * Recognises a detector: reads the file, runs it once on grey, and tries to read what comes out, all in a child
 * process.
 * @throws InputError as `inspectModel`, and `MODEL_FAMILY_UNKNOWN`, `MODEL_UNSUPPORTED`, `MODEL_OUTPUT_INVALID`,
 *   `USAGE` for an unknown family
 */
export async function describeModel(path: string, options: DescribeOptions = {}): Promise<DetectorRef> {
  const { family, maxModelBytes = DEFAULT_MAX_MODEL_BYTES } = options
  const uri = resolve(path)
  const { sha256, descriptor } = await askOnce<DescribeReply>(
    { ask: 'describe', path: uri, maxModelBytes, family },
    options,
  )
  const name = (options.name ?? basename(uri).replace(/\.onnx$/i, '')).slice(0, 256)
  return { id: detectorId(sha256, descriptor), name, sha256, uri, descriptor }
}

/** A child of its own for each try: after a death, or a session, it is of no more use. */
async function askOnce<Reply>(request: ChildRequest & { path: string }, options: InspectOptions): Promise<Reply> {
  const { loadTimeoutMs = 60_000, maxResidentBytes = defaultMaxResidentBytes(1) } = options
  const name = `model ${quoted(request.path, 1000)}`
  for (let attempt = 1; ; attempt++) {
    await using child = superviseChild<ChildRequest, unknown>({
      entry: CHILD_ENTRY,
      name,
      maxResidentBytes,
      loadTimeoutMs,
    })
    try {
      return (await child.request(request, { timeoutMs: loadTimeoutMs })) as Reply
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error
      if (attempt < TRIES) continue
      const message = `the file took its process down ${TRIES} times; the last time: ${error.message}`
      throw new InputError('MODEL_INVALID', message, { cause: error })
    }
  }
}
