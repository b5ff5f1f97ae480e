import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Attribute, ElemType, encodeModel, float, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { convolutionFilters, tfjsWeights, type Weight, type Weights } from './tfjs-weights.ts'

// The TinyFaceDetector of face-api.js (MIT, Vincent Mühler and Vladimir Mandic; package @vladmandic/face-api): a tiny
// YOLOv2 with separable convolutions. Its structure is that of runMobilenet in src/tinyYolov2/TinyYolov2Base.ts there.

const ANCHORS = [1.603231, 2.094468, 6.041143, 7.080126, 2.882459, 3.518061, 4.266906, 5.178857, 9.041765, 10.66308]
/** Of a cell of the output, in pixels. */
const STRIDE = 32

/**
 * The ONNX file of the default detector, made from the weights in its npm package; the same bytes every time.
 * `image` [1, 3, side, side]: RGB, (x − [117.001, 114.697, 97.404]) / 255, scaled to the top left.
 * `output` [1, 25, side / 32, side / 32]: raw; channels anchor · 5 + {x, y, w, h, objectness}.
 * @param side a multiple of 32 @default 416
 */
export async function tinyFaceModelBytes(side = 416): Promise<Uint8Array> {
  if (!Number.isInteger(side / STRIDE) || side <= 0) throw new RangeError(`side ${side} is no multiple of ${STRIDE}`)
  const folder = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'model')
  const name = 'tiny_face_detector_model'
  const manifest: unknown = JSON.parse(await readFile(join(folder, `${name}-weights_manifest.json`), 'utf8'))
  return build(tfjsWeights(manifest, await readFile(join(folder, `${name}.bin`))), side)
}

function build(weights: Weights, side: number): Uint8Array {
  const layers = new Layers(weights, side)
  layers.convolution('conv0/filters', { bias: 'conv0/bias' })
  layers.leakyRelu()
  for (const name of ['conv1', 'conv2', 'conv3', 'conv4', 'conv5']) {
    layers.maxPool({ stride: 2 })
    layers.convolution(`${name}/depthwise_filter`, { depthwise: true, padding: 1 })
    layers.convolution(`${name}/pointwise_filter`, { bias: `${name}/bias` })
    layers.leakyRelu()
  }
  layers.maxPool({ stride: 1 })
  layers.convolution('conv8/filters', { bias: 'conv8/bias', output: 'output' })
  return layers.bytes()
}

interface Convolution {
  readonly bias?: string
  readonly depthwise?: boolean
  /** Zeros on each side. @default 0 */
  readonly padding?: number
  readonly output?: string
}

/** Adds layer to layer, and keeps the shape that the last one gives. */
class Layers {
  readonly #editor: GraphEditor
  readonly #weights: Weights
  #value = 'image'
  #channels = 3
  #side: number

  constructor(weights: Weights, side: number) {
    const metadata = {
      'fanlight.family': 'tiny-yolov2',
      'fanlight.classes': JSON.stringify(['face']),
      'fanlight.anchors': JSON.stringify(ANCHORS),
    }
    this.#editor = new GraphEditor(newModel({ name: 'tiny-face', opset: 13, producer: 'fanlight', metadata }))
    this.#weights = weights
    this.#side = side
    this.#editor.addInput(this.#value, ElemType.FLOAT, [1, this.#channels, side, side])
  }

  convolution(filters: string, { bias, depthwise = false, padding = 0, output }: Convolution): void {
    const { shape: dims, data } = convolutionFilters(this.#weight(filters), depthwise)
    const [outputs, , height, width] = dims as [number, number, number, number]
    const values = [this.#value, this.#initializer(filters, dims, data)]
    if (bias !== undefined) values.push(this.#initializer(bias, [outputs], this.#weight(bias).data))
    const attributes = {
      kernel_shape: ints(height, width),
      pads: ints(padding, padding, padding, padding),
      group: int(depthwise ? outputs : 1),
    }
    this.#add('Conv', values, attributes, output)
    this.#channels = outputs
    this.#side += 2 * padding - height + 1
  }

  /** TensorFlow's slope, in float32. */
  leakyRelu(): void {
    this.#add('LeakyRelu', [this.#value], { alpha: float(0.1) })
  }

  /** 2 × 2 with TensorFlow's `same` padding: out = ⌈in / stride⌉, what is missing is added at the end. */
  maxPool({ stride }: { stride: number }): void {
    const side = Math.ceil(this.#side / stride)
    const missing = Math.max((side - 1) * stride + 2 - this.#side, 0)
    const attributes = { kernel_shape: ints(2, 2), strides: ints(stride, stride), pads: ints(0, 0, missing, missing) }
    this.#add('MaxPool', [this.#value], attributes)
    this.#side = side
  }

  bytes(): Uint8Array {
    this.#editor.addOutput(this.#value, ElemType.FLOAT, [1, this.#channels, this.#side, this.#side])
    return encodeModel(this.#editor.model)
  }

  #add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    output?: string,
  ): void {
    const outputs = [output ?? this.#editor.freshName(opType)]
    this.#editor.addNode(opType, { inputs, outputs, attributes })
    this.#value = outputs[0]!
  }

  #initializer(name: string, dims: readonly number[], data: Float32Array): string {
    return this.#editor.addInitializer(tensor(name, dims, data))
  }

  #weight(name: string): Weight {
    const weight = this.#weights.get(name)
    if (weight === undefined)
      throw new InputError('MODEL_INVALID', `the weights lack ${name}. Install the package again`)
    return weight
  }
}
