import { forwardsOf, sha256 } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import { decodeModel } from '@fanlight/onnx'
import { FanlightError, InputError, isFanlightError } from '@fanlight/ports'
import { serveRequests } from '@fanlight/supervise/child'
import { quoted } from '../quoted.ts'
import { decoderOf } from '../recognise.ts'
import { answerQuestion, type LoadedDetector } from './answer.ts'
import { describe, inspect } from './describe.ts'
import { executionClass } from './execution-class.ts'
import { runOnGrey } from './grey.ts'
import { openMaskedNetwork } from './masked-network.ts'
import { readModelFile } from './model-file.ts'
import { PreparedImages } from './prepared-images.ts'
import type { AnswerReply, AnswerRequest, ChildRequest, LoadReply, LoadRequest } from './wire.ts'

// The only process that parses an ONNX file, decodes an image or runs a network: any of these may kill it.

interface Held {
  /** Of the ONNX file. */
  readonly path: string
  readonly detector: LoadedDetector
  readonly images: PreparedImages
  readonly decodeLimits: DecodeLimits | undefined
}

let held: Held | undefined

serveRequests(async (request: ChildRequest) => {
  switch (request.ask) {
    case 'inspect':
      return named(request.path, () => inspect(request))
    case 'describe':
      return named(request.path, () => describe(request))
    case 'load':
      return named(request.detector.uri, () => load(request))
    case 'answer':
      return answer(request)
  }
})

/** Errors about a model name its file. */
async function named<Reply>(path: string, work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work()
  } catch (error) {
    if (!isFanlightError(error)) throw error
    throw new FanlightError(error.code, `${quoted(path, 1000)}: ${error.message}`, { retry: error.retry, cause: error })
  }
}

async function load({ detector, path, maxModelBytes, decodeLimits }: LoadRequest): Promise<LoadReply> {
  if (held) throw new Error('this child holds a session already')
  const { descriptor } = detector
  const bytes = await readModelFile(path, maxModelBytes)
  if (sha256(bytes) !== detector.sha256) {
    throw new InputError('MODEL_INVALID', 'the file is not the one that was added: add it again')
  }
  const input = { name: descriptor.inputName, width: descriptor.width, height: descriptor.height }
  const network = await openMaskedNetwork(decodeModel(bytes, { maxBytes: maxModelBytes }), input)
  const decode = decoderOf(descriptor)
  await runOnGrey(network, input)
  const start = performance.now()
  decode(await runOnGrey(network, input))
  held = { path: detector.uri, detector: { network, decode, descriptor }, images: new PreparedImages(), decodeLimits }
  return { executionClass: executionClass(), forwardMs: performance.now() - start }
}

async function answer({ image, bytes, question }: AnswerRequest): Promise<AnswerReply> {
  if (!held) throw new Error('this child holds no session yet')
  const start = performance.now()
  const { detector, images, decodeLimits } = held
  const known = images.get(image)
  if (!known && !bytes) return { missing: true }
  const prepared = known ?? (await images.add(image, bytes!, detector.descriptor, decodeLimits))
  const answer = await named(held.path, () => answerQuestion(detector, prepared, question))
  return {
    missing: false,
    answer,
    measured: { forwards: forwardsOf(question), durationMs: performance.now() - start },
  }
}
