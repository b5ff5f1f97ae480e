import { sha256 } from '@fanlight/contracts'
import { decodeModel, type Model, type ModelSignature, signatureOf } from '@fanlight/onnx'
import type { Outputs } from '../family.ts'
import { checkFinite } from '../outputs.ts'
import { decoderOf, recogniseDetector } from '../recognise.ts'
import { imageInput } from '../signature-reading.ts'
import { runOnGrey } from './grey.ts'
import { openMaskedNetwork } from './masked-network.ts'
import { readModelFile } from './model-file.ts'
import type { DescribeReply, DescribeRequest, InspectReply, InspectRequest } from './wire.ts'

export async function inspect(request: InspectRequest): Promise<InspectReply> {
  const { model: _, ...seen } = await read(request)
  return seen
}

/**
 * Recognises a file by the shapes that its outputs really have, and sees that they can be read.
 * @throws InputError `MODEL_*`, `NOT_A_FILE`
 */
export async function describe(request: DescribeRequest): Promise<DescribeReply> {
  const { model, ...seen } = await read(request)
  const input = imageInput(seen.signature)
  // Without an image input nothing will recognise it, and the error lists what it has instead.
  if (!input) return { ...seen, descriptor: recogniseDetector(seen.signature, request) }
  const outputs = await runOnGrey(await openMaskedNetwork(model, input), input)
  const signature = withRealShapes(seen.signature, outputs)
  const descriptor = recogniseDetector(signature, request)
  checkFinite(outputs)
  decoderOf(descriptor)(outputs)
  return { ...seen, signature, descriptor }
}

async function read({
  path,
  maxModelBytes,
}: InspectRequest | DescribeRequest): Promise<InspectReply & { model: Model }> {
  const bytes = await readModelFile(path, maxModelBytes)
  const model = decodeModel(bytes, { maxBytes: maxModelBytes })
  return { model, signature: signatureOf(model), sha256: sha256(bytes), bytes: bytes.byteLength }
}

/** Many files leave sizes open, as names or not at all. */
function withRealShapes(signature: ModelSignature, outputs: Outputs): ModelSignature {
  const dimsOf = (name: string) => outputs.find((output) => output.name === name)?.dims
  return {
    ...signature,
    outputs: signature.outputs.map((output) => ({ ...output, shape: dimsOf(output.name) ?? output.shape })),
  }
}
