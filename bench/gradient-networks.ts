import { readFile } from 'node:fs/promises'
import {
  decodeModel,
  ElemType,
  encodeModel,
  foldFocus,
  GraphEditor,
  headModel,
  type LocalHead,
  localHeads,
  type Model,
  neckOf,
  normalised,
  shapeProbe,
  signatureOf,
  vjp,
} from '@fanlight/onnx'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { fixtureModel } from './fixtures.ts'
import { yolov8n } from './yolov8n.ts'

export type Feeds = Readonly<Record<string, Tensor>>
type Shapes = ReadonlyMap<string, readonly number[]>

/** A network as gradients are taken of it. */
export interface Network {
  readonly model: Model
  readonly input: string
  readonly outputs: readonly string[]
  readonly neck: readonly string[]
  readonly shapes: Shapes
  readonly image: Tensor
}

/** A model with something to run it on. */
export interface Runnable {
  readonly model: Model
  readonly feeds: Feeds
}

// As packages/detector opens networks that are tapped.
export const SESSION: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableMemPattern: false,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
}

export const open = (model: Model, options: InferenceSession.SessionOptions = {}): Promise<InferenceSession> =>
  InferenceSession.create(encodeModel(model), { ...SESSION, ...options })

/** @param name of a fixture, or `yolov8n`, which is made up. @param size of a side; of the fixtures it is their own */
export async function network(name: string, size: number): Promise<Network> {
  const original = name === 'yolov8n' ? yolov8n(size) : decodeModel(await readFile(fixtureModel(name)))
  const editor = new GraphEditor(normalised(original, { freeBatch: false }))
  foldFocus(editor, signatureOf(editor.model).inputs[0]!.name)
  const { model } = editor
  const { inputs, outputs } = signatureOf(model)
  const input = inputs[0]!
  const dims = input.shape!.map((side) => (typeof side === 'number' ? side : 1))
  const image = new Tensor('float32', noise(product(dims), name === 'yolov8n' ? 1 : 255), dims)
  const probe = shapeProbe(model)
  const session = await open(probe.model)
  const shapes = probe.read(await session.run({ [input.name]: image }))
  await session.release()
  const neck = neckOf(model, shapes, input.name)
  return { model, input: input.name, outputs: outputs.map((output) => output.name), neck, shapes, image }
}

export const forward = ({ model, input, image }: Network): Runnable => ({ model, feeds: { [input]: image } })

/** Of all outputs by `wrt`. */
export function gradient(of: Network, wrt: readonly string[]): Runnable {
  const { model, cotangents } = vjp(of.model, { wrt, outputs: of.outputs, shapes: of.shapes })
  const feeds: Record<string, Tensor> = { [of.input]: of.image }
  for (const output of of.outputs) feeds[cotangents[output]!] = oneHot(of.shapes.get(output)!)
  return { model, feeds }
}

/** What the gradients of many detections at the neck are made with. */
export interface Heads {
  /** A forward that tells neck and maps too. */
  readonly tapped: Runnable
  /** From the outputs back to the heads' maps. */
  readonly decoder: Runnable
  /** From the maps back to the neck, on windows of one cell's surroundings; finest first. */
  readonly windows: readonly Runnable[]
}

export function heads(of: Network): Heads {
  const { model, shapes, neck, outputs } = of
  const found = localHeads(model, shapes, neck)
  if (!found) throw new Error('the heads of this network are not local')
  const maps = found.flatMap((head) => head.maps)
  const tapped = new GraphEditor(model)
  for (const value of [...neck, ...maps])
    if (!tapped.isOutput(value)) tapped.addOutput(value, ElemType.FLOAT, shapes.get(value)!)
  const back = vjp(headModel(model, maps, shapes), { wrt: maps, outputs, shapes })
  const feeds: Record<string, Tensor> = {}
  for (const map of maps) feeds[map] = zeros(shapes.get(map)!)
  for (const output of outputs) feeds[back.cotangents[output]!] = oneHot(shapes.get(output)!)
  return {
    tapped: { model: tapped.model, feeds: forward(of).feeds },
    decoder: { model: back.model, feeds },
    windows: found.map(windowGradient),
  }
}

function windowGradient({ model, neck, maps, shapes }: LocalHead): Runnable {
  const gradient = vjp(model, { wrt: [neck], outputs: maps, shapes })
  const one = (value: string) => shapes.get(value)!.map((dim) => (typeof dim === 'number' ? dim : 1))
  const feeds: Record<string, Tensor> = { [neck]: zeros(one(neck)) }
  for (const map of maps) feeds[gradient.cotangents[map]!] = oneHot(one(map))
  return { model: gradient.model, feeds }
}

export const product = (dims: readonly number[]) => dims.reduce((all, dim) => all * dim, 1)

const zeros = (dims: readonly number[]) => new Tensor('float32', new Float32Array(product(dims)), dims)

/** 1 in the middle. */
function oneHot(dims: readonly number[]): Tensor {
  const made = new Float32Array(product(dims))
  made[made.length >> 1] = 1
  return new Tensor('float32', made, dims)
}

const noise = (length: number, range: number) =>
  Float32Array.from({ length }, (_, i) => (range * ((i * 7919) % 97)) / 97)
