import type { Tensor } from 'onnxruntime-node'
import {
  type Attribute,
  ElemType,
  float,
  GraphEditor,
  int,
  ints,
  type Model,
  newModel,
  tensor,
  text,
} from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'

/** A small network of its kind with random weights, for any number of images. */
export interface NetworkCase {
  readonly name: string
  readonly model: Model
  /** One input, for two images. */
  readonly input: string
  readonly images: Tensor
}

/** Writes a network as exporters do. */
class Writer {
  readonly editor: GraphEditor
  #seed = 1

  constructor(name: string, opset: number) {
    this.editor = new GraphEditor(newModel({ name, producer: 'test', opset }))
  }

  op(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.editor.addNode(opType, { inputs, attributes })[0]!
  }

  weights(dims: readonly number[], scale = 0.5): string {
    const { data } = randomTensor(dims, this.#seed++, scale)
    return this.editor.addInitializer(tensor(this.editor.freshName('weights'), dims, data as Float32Array))
  }

  scalar(value: number): string {
    return this.editor.addInitializer(tensor(this.editor.freshName('scalar'), [], Float32Array.of(value)))
  }

  integers(...values: readonly number[]): string {
    const data = BigInt64Array.from(values.map(BigInt))
    return this.editor.addInitializer(tensor(this.editor.freshName('integers'), [values.length], data))
  }

  integer(value: number): string {
    return this.editor.addInitializer(tensor(this.editor.freshName('integer'), [], BigInt64Array.of(BigInt(value))))
  }

  linear(x: string, from: number, to: number): string {
    return this.op('Add', [this.op('MatMul', [x, this.weights([from, to])]), this.weights([to])])
  }

  reshape(x: string, ...sizes: readonly number[]): string {
    return this.op('Reshape', [x, this.integers(...sizes)])
  }

  transpose(x: string, ...perm: readonly number[]): string {
    return this.op('Transpose', [x], { perm: ints(...perm) })
  }

  layerNorm(x: string, size: number): string {
    const inputs = [x, this.weights([size], 1), this.weights([size])]
    return this.op('LayerNormalization', inputs, { axis: int(-1), epsilon: float(1e-5) })
  }

  /** As exporters write it before opset 17. */
  layerNormInParts(x: string, size: number): string {
    const mean = (value: string) => this.op('ReduceMean', [value], { axes: ints(-1) })
    const centred = this.op('Sub', [x, mean(x)])
    const variance = mean(this.op('Pow', [centred, this.scalar(2)]))
    const deviation = this.op('Sqrt', [this.op('Add', [variance, this.scalar(1e-5)])])
    const scaled = this.op('Mul', [this.op('Div', [centred, deviation]), this.weights([size], 1)])
    return this.op('Add', [scaled, this.weights([size])])
  }

  /** By Erf, as exporters write it before opset 20. */
  gelu(x: string): string {
    const inner = this.op('Add', [this.op('Erf', [this.op('Div', [x, this.scalar(Math.SQRT2)])]), this.scalar(1)])
    return this.op('Mul', [this.op('Mul', [x, inner]), this.scalar(0.5)])
  }

  /** Among the tokens [N, T, heads · size]. */
  selfAttention(x: string, heads: number, size: number): string {
    const width = heads * size
    const split = this.reshape(this.linear(x, width, 3 * width), 0, -1, 3, heads, size)
    const stacked = this.transpose(split, 2, 0, 3, 1, 4)
    const [q, k, v] = [0, 1, 2].map((i) => this.op('Gather', [stacked, this.integer(i)], { axis: int(0) }))
    const scaled = this.op('Mul', [q!, this.scalar(size ** -0.5)])
    const products = this.op('MatMul', [scaled, this.transpose(k!, 0, 1, 3, 2)])
    const mixed = this.op('MatMul', [this.op('Softmax', [products], { axis: int(-1) }), v!])
    return this.linear(this.reshape(this.transpose(mixed, 0, 2, 1, 3), 0, -1, width), width, width)
  }

  feedForward(x: string, width: number, hidden: number): string {
    return this.linear(this.gelu(this.linear(x, width, hidden)), hidden, width)
  }
}

const [HEADS, SIZE] = [2, 4]
const WIDTH = HEADS * SIZE

/** Dosovitskiy et al. 2021, arXiv:2010.11929: patches, a class token, two blocks, a class head. */
function visionTransformer(): NetworkCase {
  const writer = new Writer('vit', 17)
  const input = writer.editor.addInput('images', ElemType.FLOAT, ['batch', 3, 8, 12])
  const patches = writer.op('Conv', [input, writer.weights([WIDTH, 3, 4, 4], 0.2), writer.weights([WIDTH])], {
    kernel_shape: ints(4, 4),
    strides: ints(4, 4),
  })
  const tokens = writer.transpose(writer.reshape(patches, 0, WIDTH, -1), 0, 2, 1)
  const batch = writer.op('Slice', [writer.op('Shape', [tokens]), ...[0, 1].map((i) => writer.integers(i))])
  const shape = writer.op('Concat', [batch, writer.integers(1, WIDTH)], { axis: int(0) })
  const first = writer.op('Expand', [writer.weights([1, 1, WIDTH]), shape])
  let x = writer.op('Concat', [first, tokens], { axis: int(1) })
  x = writer.op('Add', [x, writer.weights([1, 7, WIDTH])])
  for (const normalise of [writer.layerNormInParts, writer.layerNorm]) {
    x = writer.op('Add', [x, writer.selfAttention(normalise.call(writer, x, WIDTH), HEADS, SIZE)])
    x = writer.op('Add', [x, writer.feedForward(normalise.call(writer, x, WIDTH), WIDTH, 16)])
  }
  const chosen = writer.op('Gather', [x, writer.integer(0)], { axis: int(1) })
  const logits = writer.op('Gemm', [chosen, writer.weights([5, WIDTH]), writer.weights([5])], { transB: int(1) })
  writer.editor.addNode('Softmax', { inputs: [logits], outputs: ['probabilities'], attributes: { axis: int(-1) } })
  writer.editor.addOutput('probabilities', ElemType.FLOAT, ['batch', 5])
  return { name: 'a vision transformer', model: writer.editor.model, input, images: randomTensor([2, 3, 8, 12], 40) }
}

const [QUERIES, POINTS, CLASSES] = [5, 4, 3]

/**
 * Zhu et al. 2021, arXiv:2010.04159, on one scale: queries look at the picture where they point to, and give boxes and
 * class scores, of which the best are kept.
 */
function deformableDecoder(): NetworkCase {
  const writer = new Writer('detr', 17)
  const input = writer.editor.addInput('images', ElemType.FLOAT, ['batch', 3, 12, 16])
  const stem = writer.op('Conv', [input, writer.weights([WIDTH, 3, 3, 3], 0.3), writer.weights([WIDTH])], {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  })
  const memory = writer.op('Sigmoid', [stem])
  // What each query asks depends on the picture as a whole, so that the points do too.
  const pooled = writer.op('ReduceMean', [memory], { axes: ints(2, 3), keepdims: int(0) })
  const content = writer.op('Unsqueeze', [writer.linear(pooled, WIDTH, WIDTH), writer.integers(1)])
  let x = writer.op('Add', [content, writer.weights([1, QUERIES, WIDTH], 1)])
  x = writer.layerNorm(writer.op('Add', [x, writer.selfAttention(x, HEADS, SIZE)]), WIDTH)
  x = writer.layerNorm(writer.op('Add', [x, deformableAttention(writer, x, memory)]), WIDTH)
  x = writer.layerNorm(writer.op('Add', [x, writer.feedForward(x, WIDTH, 16)]), WIDTH)
  const boxes = writer.op('Sigmoid', [writer.linear(x, WIDTH, 4)])
  const scores = writer.op('Sigmoid', [writer.linear(x, WIDTH, CLASSES)])
  const best = writer.op('ReduceMax', [scores], { axes: ints(-1), keepdims: int(0) })
  const [values, at] = writer.editor.addNode('TopK', {
    inputs: [best, writer.integers(3)],
    outputs: ['scores', 'places'],
    attributes: { axis: int(1) },
  })
  const wide = writer.op('Tile', [writer.op('Unsqueeze', [at!, writer.integers(-1)]), writer.integers(1, 1, 4)])
  writer.editor.addNode('GatherElements', { inputs: [boxes, wide], outputs: ['boxes'], attributes: { axis: int(1) } })
  writer.editor.addOutput(values!, ElemType.FLOAT, ['batch', 3])
  writer.editor.addOutput('boxes', ElemType.FLOAT, ['batch', 3, 4])
  return { name: 'a deformable decoder', model: writer.editor.model, input, images: randomTensor([2, 3, 12, 16], 41) }
}

/** Of queries [N, Q, width] to the picture [N, width, 6, 8]. */
function deformableAttention(writer: Writer, queries: string, memory: string): string {
  const centres = writer.op('Sigmoid', [writer.linear(queries, WIDTH, 2)])
  const reference = writer.reshape(centres, 0, 0, 1, 1, 2)
  const offsets = writer.reshape(writer.linear(queries, WIDTH, HEADS * POINTS * 2), 0, 0, HEADS, POINTS, 2)
  const places = writer.op('Add', [reference, writer.op('Mul', [offsets, writer.scalar(0.2)])])
  const unit = writer.op('Sub', [writer.op('Mul', [places, writer.scalar(2)]), writer.scalar(1)])
  const grid = writer.reshape(writer.transpose(unit, 0, 2, 1, 3, 4), -1, QUERIES, POINTS, 2)
  const projected = writer.op('Conv', [memory, writer.weights([WIDTH, WIDTH, 1, 1])], { kernel_shape: ints(1, 1) })
  const sampled = writer.op('GridSample', [writer.reshape(projected, -1, SIZE, 6, 8), grid], {
    mode: text('bilinear'),
    padding_mode: text('zeros'),
    align_corners: int(0),
  })
  const logits = writer.reshape(writer.linear(queries, WIDTH, HEADS * POINTS), 0, 0, HEADS, POINTS)
  const shares = writer.transpose(writer.op('Softmax', [logits], { axis: int(-1) }), 0, 2, 1, 3)
  const weighed = writer.op('Mul', [sampled, writer.reshape(shares, -1, 1, QUERIES, POINTS)])
  const summed = writer.op('ReduceSum', [weighed, writer.integers(-1)], { keepdims: int(0) })
  const tokens = writer.transpose(writer.reshape(summed, -1, WIDTH, QUERIES), 0, 2, 1)
  return writer.linear(tokens, WIDTH, WIDTH)
}

export const networkCases: readonly NetworkCase[] = [visionTransformer(), deformableDecoder()]
