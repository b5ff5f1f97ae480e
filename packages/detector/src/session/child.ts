import { forwardsOf, type Question, sha256 } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import { decodeModel } from '@fanlight/onnx'
import { FanlightError, InputError, isFanlightError } from '@fanlight/ports'
import { packError, serveRequests } from '@fanlight/supervise/child'
import { quoted } from '../quoted.ts'
import { decoderOf, lossGainsOf } from '../recognise.ts'
import { type Asked, answerQuestions, type LoadedDetector } from './answer.ts'
import { batchOf } from './batch.ts'
import { describe, inspect } from './describe.ts'
import { executionClass } from './execution-class.ts'
import { runOnGrey } from './grey.ts'
import { openMaskedNetwork } from './masked-network.ts'
import { readModelFile } from './model-file.ts'
import { PreparedImages } from './prepared-images.ts'
import { checkProvider } from './provider-check.ts'
import { RandomisedNetworks } from './randomised-networks.ts'
import { rowOf } from './rows.ts'
import { isOfFile, tappedAs } from './tapped-as.ts'
import { TappedNetworks } from './tapped-networks.ts'
import { variantOf } from './variant.ts'
import type {
  AnswerReply,
  AnswerRequest,
  BuiltNetwork,
  ChildRequest,
  LoadReply,
  LoadRequest,
  WorkReply,
} from './wire.ts'

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
    case 'check':
      return checkProvider(request.provider)
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
    throw namedError(path, error)
  }
}

function namedError(path: string, error: unknown): unknown {
  if (!isFanlightError(error)) return error
  const message = `${quoted(path, 1000)}: ${error.message}`
  return new FanlightError(error.code, message, { retry: error.retry, cause: error })
}

async function load({
  detector,
  path,
  maxModelBytes,
  decodeLimits,
  provider,
  batch: wanted,
}: LoadRequest): Promise<LoadReply> {
  if (held) throw new Error('this child holds a session already')
  const { descriptor } = detector
  const bytes = await readModelFile(path, maxModelBytes)
  if (sha256(bytes) !== detector.sha256) {
    throw new InputError('MODEL_INVALID', 'the file is not the one that was added: add it again')
  }
  if (provider !== 'cpu') await checkProvider(provider)
  const input = { name: descriptor.inputName, width: descriptor.width, height: descriptor.height }
  const model = decodeModel(bytes, { maxBytes: maxModelBytes })
  const network = await openMaskedNetwork(model, input, provider)
  const decode = decoderOf(descriptor)
  await runOnGrey(network, input)
  const batch = await batchOf(network, input, { provider, batch: wanted })
  const start = performance.now()
  const outputs = await runOnGrey(network, input, batch)
  decode(rowOf(outputs, 0, batch))
  const forwardMs = (performance.now() - start) / batch
  const tapped = new TappedNetworks(model, input, provider)
  const randomised = new RandomisedNetworks(model, input, provider)
  const loaded = { network, tapped, randomised, batch, decode, descriptor, lossGains: lossGainsOf(descriptor) }
  held = { path: detector.uri, detector: loaded, images: new PreparedImages(), decodeLimits }
  return { executionClass: executionClass(provider, batch), batch, forwardMs }
}

async function answer({ works }: AnswerRequest): Promise<AnswerReply> {
  if (!held) throw new Error('this child holds no session yet')
  const { path, images, detector, decodeLimits } = held
  if (!works.every(({ question }) => hasRoomFor(detector, question))) return { is: 'full' }
  // Taken now: those that are added may push them out.
  const known = new Map(works.map(({ image }) => [image, images.get(image)]))
  const brought = new Set(works.filter(({ bytes }) => bytes).map(({ image }) => image))
  if (works.some(({ image }) => !known.get(image) && !brought.has(image))) return { is: 'missing' }
  const replies: WorkReply[] = []
  const asked: (Asked & { at: number; prepareMs: number })[] = []
  for (const [at, { image: sha256, bytes, question }] of works.entries()) {
    const start = performance.now()
    try {
      const image = known.get(sha256) ?? (await images.add(sha256, bytes!, detector.descriptor, decodeLimits))
      known.set(sha256, image)
      asked.push({ image, question, at, prepareMs: performance.now() - start })
    } catch (error) {
      replies[at] = { ok: false, error: packError(error) }
    }
  }
  const built = await openAsked(detector.tapped, works)
  const answered = await named(path, () => answerQuestions(detector, asked))
  for (const [i, { at, prepareMs, question }] of asked.entries()) {
    const result = answered[i]!
    if (!result.ok) replies[at] = { ok: false, error: packError(namedError(path, result.error)) }
    else {
      const measured = { forwards: forwardsOf(question), durationMs: prepareMs + result.durationMs }
      replies[at] = { ok: true, answer: result.answer, measured }
    }
  }
  return { is: 'answered', replies, built }
}

function hasRoomFor({ tapped, randomised }: LoadedDetector, question: Question): boolean {
  const as = question.kind === 'gradient' ? tappedAs(question) : undefined
  const { weights } = variantOf(question)
  if (weights) return randomised.hasRoomFor(weights, as)
  return !as || tapped.hasRoomFor(as)
}

/** Opens what the gradients of works need, of what was kept if they bring it. @returns what had to be built */
async function openAsked(networks: TappedNetworks, works: AnswerRequest['works']): Promise<readonly BuiltNetwork[]> {
  const built: BuiltNetwork[] = []
  for (const [at, { question, tapped }] of works.entries()) {
    if (!tapped || !isOfFile(question)) continue
    const bytes = await networks.openKept(tappedAs(question), tapped.kept)
    if (bytes) built.push({ at, bytes })
  }
  return built
}
