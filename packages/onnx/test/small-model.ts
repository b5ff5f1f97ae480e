import { ElemType, GraphEditor, ints, type Model, newModel, tensor } from '../src/index.ts'

/** image [1, 3, 4, 4] → a 1 × 1 convolution → output [1, 2, 4, 4]. */
export function smallModel(): Model {
  const editor = new GraphEditor(newModel({ name: 'small', producer: 'test', opset: 13 }))
  editor.addInput('image', ElemType.FLOAT, [1, 3, 4, 4])
  const weights = Float32Array.of(1, 2, 3, -1, 0.5, 0.25)
  editor.addInitializer(tensor('weights', [2, 3, 1, 1], weights))
  const attributes = { kernel_shape: ints(1, 1) }
  editor.addNode('Conv', { inputs: ['image', 'weights'], outputs: ['output'], attributes })
  editor.addOutput('output', ElemType.FLOAT, [1, 2, 4, 4])
  return editor.model
}
