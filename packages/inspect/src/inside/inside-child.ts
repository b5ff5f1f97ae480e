// Entry of a supervised child: an ONNX file or a photo may take down whatever reads it.

import { sha256 } from '@fanlight/contracts'
import { type PreparedImage, prepareImage } from '@fanlight/detector/inside'
import { readModelFile } from '@fanlight/detector/reading'
import { type DecodedImage, decodeImage } from '@fanlight/image'
import { decodeModel } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { serveRequests } from '@fanlight/supervise/child'
import { activationsOf } from './activations.ts'
import { channelsIn, filtersOf, patchesOf, silence } from './channels.ts'
import { type OpenDetector, openDetector } from './open-detector.ts'
import type { InsideAnswers, InsideReply, InsideRequest } from './wire.ts'

/** The last one; the descriptor says how its outputs are read. */
let held: { readonly sha256: string; readonly descriptor: string; readonly detector: OpenDetector } | undefined

serveRequests<InsideRequest, InsideReply>(async (request) => {
  const detector = await holding(request)
  if (!detector) return { is: 'missing' }
  return { is: 'answer', answer: await answer(detector, request) }
})

async function holding({ source, maxModelBytes, descriptor }: InsideRequest): Promise<OpenDetector | undefined> {
  const key = JSON.stringify(descriptor)
  if (held && held.sha256 === source.sha256 && held.descriptor === key) return held.detector
  held = undefined
  const bytes = 'path' in source ? await readModelFile(source.path, maxModelBytes) : source.bytes
  if (!bytes) return undefined
  const hash = sha256(bytes)
  if (source.sha256 !== undefined && hash !== source.sha256) {
    throw new InputError('MODEL_INVALID', 'the file is not the one that was added: add it again')
  }
  const detector = await openDetector(decodeModel(bytes, { maxBytes: maxModelBytes }), descriptor)
  held = { sha256: hash, descriptor: key, detector }
  return detector
}

/** The last one: it is asked about several times in a row. */
let seen: { readonly key: string; readonly pixels: DecodedImage; readonly image: PreparedImage } | undefined

async function seeing(photo: Uint8Array, { decodeLimits, descriptor }: InsideRequest) {
  const key = `${sha256(photo)} ${JSON.stringify(descriptor)}`
  if (seen?.key === key) return seen
  const pixels = await decodeImage(photo, decodeLimits)
  seen = { key, pixels, image: prepareImage(pixels, descriptor) }
  return seen
}

async function answer(detector: OpenDetector, request: InsideRequest): Promise<InsideAnswers[keyof InsideAnswers]> {
  const { question } = request
  if (question.ask === 'filters') return await filtersOf(detector, question.channels)
  const { pixels, image } = await seeing(question.photo, request)
  switch (question.ask) {
    case 'activations':
      return await activationsOf(detector, { pixels, image }, question.options)
    case 'channels':
      return await channelsIn(detector, image, question.options)
    case 'silence':
      return await silence(detector, image, question.question)
    case 'patches':
      return await patchesOf(detector, { pixels, image }, question.places)
  }
}
