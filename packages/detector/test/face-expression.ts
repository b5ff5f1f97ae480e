import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'
import { convolutionFilters, tfjsWeights, type Weights } from '../src/models/tfjs-weights.ts'

// A real classifier of 300 kB that comes with the default detector: the FaceExpressionNet of face-api.js (MIT, Vincent
// Mühler and Vladimir Mandic; package @vladmandic/face-api), densely added separable convolutions, a mean over all and
// one matrix. Its structure is that of src/faceFeatureExtractor/FaceFeatureExtractor.ts there.

export const EXPRESSIONS = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised']
export const FACE_SIDE = 112
/** R, G, B. */
export const FACE_MEAN = [122.782, 117.001, 104.298]

export const faceApiFolder = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))

/** `image` [batch, 3, 112, 112]: RGB, (x − mean) / 255, to `output` [batch, 7], before or after the softmax. */
export async function faceExpressionModel({ softmax }: { softmax: boolean }): Promise<Uint8Array> {
  const file = join(faceApiFolder, 'model/face_expression_model')
  const manifest: unknown = JSON.parse(await readFile(`${file}-weights_manifest.json`, 'utf8'))
  const network = new Network(tfjsWeights(manifest, await readFile(`${file}.bin`)))
  const blocks = ['dense0', 'dense1', 'dense2', 'dense3']
  network.finish(
    blocks.reduce((value, block) => network.denseBlock(value, block), 'image'),
    softmax,
  )
  return encodeModel(network.editor.model)
}

class Network {
  readonly editor: GraphEditor
  readonly #weights: Weights

  constructor(weights: Weights) {
    const metadata = {
      'fanlight.classes': JSON.stringify(EXPRESSIONS),
      'fanlight.mean': JSON.stringify(FACE_MEAN),
      'fanlight.std': '[255, 255, 255]',
    }
    this.editor = new GraphEditor(newModel({ name: 'face-expression', opset: 13, producer: 'test', metadata }))
    this.editor.addInput('image', ElemType.FLOAT, ['batch', 3, FACE_SIDE, FACE_SIDE])
    this.#weights = weights
  }

  /** Half the side; each convolution gets the sum of all before it. */
  denseBlock(value: string, block: string): string {
    let sum = this.#add('Relu', this.#convolution(value, `${block}/conv0`, 2))
    const outputs = [sum]
    for (const layer of ['conv1', 'conv2', 'conv3']) {
      outputs.push(this.#convolution(sum, `${block}/${layer}`, 1))
      sum = this.#add('Relu', this.#add('Sum', ...outputs))
    }
    return sum
  }

  finish(value: string, softmax: boolean): void {
    const { editor } = this
    const flat = this.#add('Flatten', this.#add('GlobalAveragePool', value))
    const inputs = [flat, this.#initializer('fc/weights'), this.#initializer('fc/bias')]
    const output = softmax ? editor.freshName('logits') : 'output'
    editor.addNode('Gemm', { inputs, outputs: [output] })
    if (softmax) editor.addNode('Softmax', { inputs: [output], outputs: ['output'], attributes: { axis: int(1) } })
    editor.addOutput('output', ElemType.FLOAT, ['batch', EXPRESSIONS.length])
  }

  /** TensorFlow's `same` padding: what a stride of 2 leaves over is added at the end. */
  #convolution(value: string, layer: string, stride: number): string {
    const pads = stride === 1 ? ints(1, 1, 1, 1) : ints(0, 0, 1, 1)
    const attributes = { strides: ints(stride, stride), pads }
    const inputs = (filters: string, depthwise: boolean) => {
      const { shape, data } = convolutionFilters(this.#weights.get(filters)!, depthwise)
      return [this.editor.addInitializer(tensor(filters, shape, data))]
    }
    const bias = () => this.#initializer(`${layer}/bias`)
    if (this.#weights.has(`${layer}/filters`)) {
      return this.editor.addNode('Conv', {
        inputs: [value, ...inputs(`${layer}/filters`, false), bias()],
        attributes,
      })[0]!
    }
    const filters = inputs(`${layer}/depthwise_filter`, true)
    const group = int(this.#weights.get(`${layer}/depthwise_filter`)!.shape[2]!)
    const [deep] = this.editor.addNode('Conv', { inputs: [value, ...filters], attributes: { ...attributes, group } })
    return this.#add('Conv', deep!, ...inputs(`${layer}/pointwise_filter`, false), bias())
  }

  #add(opType: string, ...inputs: readonly string[]): string {
    return this.editor.addNode(opType, { inputs })[0]!
  }

  #initializer(name: string): string {
    const { shape, data } = this.#weights.get(name)!
    return this.editor.addInitializer(tensor(name, shape, data))
  }
}
