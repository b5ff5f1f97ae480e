// Entry of a supervised child: an ONNX file may take down whatever reads or runs it.

import { type Descriptor, sha256 } from '@fanlight/contracts'
import { recogniseDetector } from '@fanlight/detector'
import { imageInput, readModelFile } from '@fanlight/detector/reading'
import { encodePng } from '@fanlight/image'
import { kernelGrid, summaryOf, weightsOf } from '@fanlight/network'
import { type Dim, decodeModel, type Model, type ModelSignature, signatureOf } from '@fanlight/onnx'
import { InputError, isFanlightError } from '@fanlight/ports'
import { serveRequests } from '@fanlight/supervise/child'
import { climb } from './dream/climb.ts'
import { shapesOnGrey } from './shapes.ts'
import type { InspectReply, InspectRequest, ModelSource, NetworkInspection } from './wire.ts'

interface Held {
  readonly sha256: string
  readonly bytes: number
  readonly model: Model
}

/** Real networks have some thousand; each becomes a row that somebody is to read. */
const MAX_NODES = 50_000

/** The last one: a page asks for its kernels one picture at a time. */
let held: Held | undefined

serveRequests<InspectRequest, InspectReply>(async (request) => {
  const known = await holding(request.source, request.maxModelBytes)
  if (!known) return { is: 'missing' }
  if (request.ask === 'network') return { is: 'network', network: await inspect(known, request.run) }
  if (request.ask === 'climb') return { is: 'climb', answer: await climb(known, request.task) }
  const { data, ...grid } = kernelGrid(known.model, request.options)
  const png = await encodePng({ width: grid.width, height: grid.height, data })
  return { is: 'kernels', kernels: { ...grid, png } }
})

async function holding(source: ModelSource, maxModelBytes: number): Promise<Held | undefined> {
  if (held && held.sha256 === source.sha256) return held
  held = undefined
  const bytes = 'path' in source ? await readModelFile(source.path, maxModelBytes) : source.bytes
  if (!bytes) return undefined
  const hash = sha256(bytes)
  if (source.sha256 !== undefined && hash !== source.sha256) {
    throw new InputError('MODEL_INVALID', 'the file is not the one that was added: add it again')
  }
  const model = decodeModel(bytes, { maxBytes: maxModelBytes, maxNodes: MAX_NODES })
  held = { sha256: hash, bytes: bytes.byteLength, model }
  return held
}

async function inspect({ sha256, bytes, model }: Held, run: boolean): Promise<NetworkInspection> {
  const signature = signatureOf(model)
  const { shapes, notRun } = run ? await realShapes(model, signature) : { shapes: undefined, notRun: '' }
  return {
    sha256,
    bytes,
    summary: summaryOf(model, shapes),
    weights: weightsOf(model),
    descriptor: recognised(signature, shapes),
    notRun,
  }
}

type Shapes = ReadonlyMap<string, readonly Dim[]>

async function realShapes(
  model: Model,
  signature: ModelSignature,
): Promise<{ shapes?: Shapes; notRun: string | null }> {
  const input = imageInput(signature)
  if (!input) return { notRun: 'it has not the one input [batch, 3, height, width] of a detector' }
  try {
    return { shapes: await shapesOnGrey(model, signature, input), notRun: null }
  } catch (error) {
    if (!isFanlightError(error)) throw error
    return { notRun: error.message }
  }
}

/** How its outputs look, by the shapes that they really have. */
function recognised(signature: ModelSignature, shapes: Shapes | undefined): Descriptor | null {
  const outputs = signature.outputs.map((output) => ({ ...output, shape: shapes?.get(output.name) ?? output.shape }))
  try {
    return recogniseDetector({ ...signature, outputs }, {})
  } catch (error) {
    if (isFanlightError(error)) return null
    throw error
  }
}
