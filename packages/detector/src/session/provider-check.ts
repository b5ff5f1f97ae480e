import { ElemType, encodeModel, GraphEditor, newModel } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Provider } from '../provider.ts'
import { quoted } from '../quoted.ts'

const NVIDIA = 'an NVIDIA GPU and its driver, CUDA 12 and cuDNN 9'
const LIBRARIES = 'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js'

const needs: Readonly<Record<Provider, string>> = {
  cpu: 'an onnxruntime-node for this platform: npm install',
  cuda: `${NVIDIA}, and onnxruntime's library for it: ${LIBRARIES}`,
  tensorrt: `${NVIDIA}, TensorRT 10, and onnxruntime's library for it: ${LIBRARIES}`,
  webgpu:
    'a GPU with a Vulkan driver and its loader (Debian: libvulkan1), or the software driver of mesa-vulkan-drivers 25 or later',
}

/**
 * The providers that a session is given. onnxruntime leaves nodes that a provider lacks to the next one, the CPU last;
 * a provider that cannot be set up at all is an error, and never left out.
 */
export const executionProviders = (provider: Provider): readonly string[] =>
  provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider]

/**
 * Computes 2 + 2 on a provider, so that what fails later is the network's fault.
 * @throws InputError `PROVIDER_UNAVAILABLE` that says what is missing and what to install
 */
export async function checkProvider(provider: Provider): Promise<void> {
  const sum = await twoAndTwo(provider).catch((error: unknown) => {
    throw unavailable(provider, quoted(error instanceof Error ? error.message : String(error), 500), error)
  })
  if (sum !== 4) throw unavailable(provider, `it says that 2 + 2 is ${sum}`)
}

async function twoAndTwo(provider: Provider): Promise<number | undefined> {
  const editor = new GraphEditor(newModel({ name: 'check', opset: 13, producer: 'fanlight' }))
  editor.addInput('x', ElemType.FLOAT, [1])
  editor.addNode('Add', { inputs: ['x', 'x'], outputs: ['sum'] })
  editor.addOutput('sum', ElemType.FLOAT, [1])
  const session = await InferenceSession.create(encodeModel(editor.model), {
    executionProviders: executionProviders(provider),
    logSeverityLevel: 3,
  })
  const { sum } = await session.run({ x: new Tensor('float32', Float32Array.of(2), [1]) })
  const [value] = sum!.data as Float32Array
  await session.release()
  return value
}

function unavailable(provider: Provider, said: string, cause?: unknown): InputError {
  const message = `the execution provider ${provider} cannot be used here: ${said}. It needs ${needs[provider]}`
  return new InputError('PROVIDER_UNAVAILABLE', message, { cause })
}
