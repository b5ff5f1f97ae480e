import { encodeModel, type Model, maskedModel, maskInputs, signatureOf } from '@fanlight/onnx'
import { InputError, TransientError } from '@fanlight/ports'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Outputs, OutputTensor } from '../family.ts'
import type { Provider } from '../provider.ts'
import { quoted } from '../quoted.ts'
import type { ImageInput } from '../signature-reading.ts'
import { executionProviders } from './provider-check.ts'

/** The five inputs of a masked network; their buffers may change from one forward to the next. */
export type MaskedFeeds = Readonly<Record<keyof typeof maskInputs, Tensor>>

/** One onnxruntime session of a network with a mask before it. A forward blocks the event loop while it runs. */
export interface MaskedNetwork {
  /** Whether the file leaves open how many images a forward takes; what it makes of several is another question. */
  readonly hasOpenBatch: boolean
  /** The outputs are those of the file, in its order; valid until the next forward. */
  run(feeds: MaskedFeeds): Promise<Outputs>
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
 * @throws InputError `MODEL_UNSUPPORTED` when the image input cannot be masked, `MODEL_INVALID` when onnxruntime
 *   refuses the graph
 */
export async function openMaskedNetwork(
  model: Model,
  input: ImageInput,
  provider: Provider = 'cpu',
): Promise<MaskedNetwork> {
  const masked = maskedModel(model, { inputName: input.name, width: input.width, height: input.height })
  const options = { ...OPTIONS, executionProviders: executionProviders(provider) }
  const session = await InferenceSession.create(encodeModel(masked), options).catch((error) => {
    throw refusal('load', error)
  })
  return {
    hasOpenBatch: signatureOf(masked).inputs.some(({ name, shape }) => name === maskInputs.grid && shape?.[0] !== 1),
    async run(feeds) {
      const named = Object.fromEntries(inputNames.map((key) => [maskInputs[key], feeds[key]]))
      const outputs = await session.run(named).catch((error) => {
        throw provider === 'cpu' ? refusal('run', error) : deviceFailure(provider, error)
      })
      return session.outputNames.map((name) => float32Output(name, outputs[name]!))
    },
  }
}

const inputNames = Object.keys(maskInputs) as readonly (keyof typeof maskInputs)[]

export const feed = (data: Float32Array, dims: readonly number[]): Tensor => new Tensor('float32', data, dims)

function float32Output(name: string, { type, dims, data }: Tensor): OutputTensor {
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
