import { ElemType, encodeModel, GraphEditor, int, ints, newModel, tensor } from '@fanlight/onnx'

export interface BrightDetector {
  /** Put into the middle of the network: from a value [1, 3, 8, 8], another one of that shape. */
  readonly middle?: (parts: Parts) => string
  /** Convolutions in a row, `conv 0` and so on, each by 1 × 1 and without effect. @default 1 */
  readonly layers?: number
  /** What a bright left half adds to the logit of the thing's score. @default 3 */
  readonly gain?: number
  /** @default 17 */
  readonly opset?: number
}

export interface Parts {
  readonly editor: GraphEditor
  readonly value: string
  constant(name: string, dims: readonly number[], data: Float32Array): string
}

/** YOLOX of one class on 64 × 64: one thing in the middle, the surer the brighter the left half of the photo is. */
export function brightDetector(changes: BrightDetector = {}): Uint8Array {
  const { middle, layers = 1, gain = 3, opset = 17 } = changes
  const editor = new GraphEditor(newModel({ name: 'bright', opset, producer: 'test' }))
  const constant: Parts['constant'] = (name, dims, data) => editor.addInitializer(tensor(name, dims, data))
  const number = (name: string, value: number) => constant(name, [], Float32Array.of(value))
  const node = (op: string, ...inputs: readonly string[]) => editor.addNode(op, { inputs: [...inputs] })[0]!

  editor.addInput('images', ElemType.FLOAT, [1, 3, 64, 64])
  const pooling = { kernel_shape: ints(8, 8), strides: ints(8, 8) }
  let [value] = editor.addNode('AveragePool', {
    inputs: [node('Mul', 'images', number('scale', 1 / 255))],
    attributes: pooling,
  })
  if (middle) value = middle({ editor, value: value!, constant })
  const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  for (let layer = 0; layer < layers; layer++) {
    const weight = constant(`weight ${layer}`, [3, 3, 1, 1], identity)
    ;[value] = editor.addNode('Conv', { inputs: [value!, weight], outputs: [`conv ${layer}`] })
  }
  const left = Float32Array.from({ length: 64 }, (_, cell) => (cell % 8 < 4 ? 1 : 0))
  const masked = node('Mul', value!, constant('left', [1, 1, 8, 8], left))
  const [mean] = editor.addNode('ReduceMean', {
    inputs: [masked],
    attributes: { axes: ints(1, 2, 3), keepdims: int(0) },
  })
  const score = node('Sigmoid', node('Mul', mean!, number('gain', 2 * gain)))
  const [seen, place] = [new Float32Array(84 * 6), new Float32Array(84 * 6)]
  seen.set([0, 0, 1, 1, 0, 1], (64 + 10) * 6)
  place[(64 + 10) * 6 + 4] = 1
  const placed = node('Mul', constant('place', [1, 84, 6], place), score)
  editor.addNode('Add', { inputs: [constant('seen', [1, 84, 6], seen), placed], outputs: ['output'] })
  editor.addOutput('output', ElemType.FLOAT, [1, 84, 6])
  return encodeModel(editor.model)
}
