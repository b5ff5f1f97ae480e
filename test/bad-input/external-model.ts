import { ElemType, encodeModel, GraphEditor, newModel, tensor } from '@fanlight/onnx'

/** A network one of whose weights lies in another file. */
export function externalModel(location: string): Uint8Array {
  const editor = new GraphEditor(newModel({ name: 'external', opset: 13, producer: 'test' }))
  editor.addInput('images', ElemType.FLOAT, [1, 3, 64, 64])
  const weight = tensor('weight', [1], Float32Array.of(0))
  weight.rawData = new Uint8Array()
  weight.dataLocation = 1
  const entry = (key: string, value: string) => ({ $typeName: 'onnx.StringStringEntryProto' as const, key, value })
  weight.externalData = [entry('location', location), entry('length', '4')]
  editor.addNode('Add', { inputs: ['images', editor.addInitializer(weight)], outputs: ['output'] })
  editor.addOutput('output', ElemType.FLOAT, [1, 3, 64, 64])
  return encodeModel(editor.model)
}
