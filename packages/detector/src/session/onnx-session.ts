import { encodeModel, type Model } from '@fanlight/onnx'
import { InputError, TransientError } from '@fanlight/ports'
import { InferenceSession, type Tensor } from 'onnxruntime-node'
import type { OutputTensor } from '../family.ts'
import type { Provider } from '../provider.ts'
import { quoted } from '../quoted.ts'
import { executionProviders } from './provider-check.ts'

export interface OnnxSession {
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
  release(): Promise<void>
}

// One thread a session and as many sessions as cores beat one session with many threads; spinning ruins shared cores.
const OPTIONS: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
}

/**
 * onnxruntime gets only bytes that our own encoder wrote.
 * @throws InputError `MODEL_INVALID` when onnxruntime refuses the graph
 */
export async function openSession(
  model: Model,
  provider: Provider,
  options: InferenceSession.SessionOptions = {},
): Promise<OnnxSession> {
  const all = { ...OPTIONS, ...options, executionProviders: executionProviders(provider) }
  const session = await InferenceSession.create(encodeModel(model), all).catch((error) => {
    throw refusal('load', error)
  })
  return {
    outputNames: session.outputNames,
    release: () => session.release(),
    run: (feeds) =>
      session.run(feeds).catch((error) => {
        throw provider === 'cpu' ? refusal('run', error) : deviceFailure(provider, error)
      }),
  }
}

export function float32Output(name: string, { type, dims, data }: Tensor): OutputTensor {
  if (data instanceof Float32Array) return { name, dims, data }
  if (data instanceof Float16Array) return { name, dims, data: Float32Array.from(data) }
  throw new InputError('MODEL_UNSUPPORTED', `output ${quoted(name)} is of type ${type}: export the network in float32`)
}

/** What onnxruntime says repeats names from the file. */
const saidBy = (error: unknown) => quoted(error instanceof Error ? error.message : String(error), 500)
const speaksOfMemory = (said: string) => /bad.alloc|allocate memory|out of memory/i.test(said)

function refusal(what: 'load' | 'run', error: unknown): Error {
  const said = saidBy(error)
  if (speaksOfMemory(said)) {
    return new TransientError('WORKER_MEMORY', `there is too little memory to ${what} the network: ${said}`)
  }
  const remedy = 'export it again, and check it with another program'
  return new InputError('MODEL_INVALID', `onnxruntime cannot ${what} the network: ${said}; ${remedy}`, { cause: error })
}

/** A device may have been lost, or reset: that says nothing of the network. */
function deviceFailure(provider: Provider, error: unknown): Error {
  const said = saidBy(error)
  const code = speaksOfMemory(said) ? 'WORKER_MEMORY' : 'WORKER_CRASHED'
  return new TransientError(code, `a forward failed on ${provider}: ${said}`, { cause: error })
}
