import { type Dim, ElemType, GraphEditor, type Model, normalised } from '@fanlight/onnx'

/**
 * The network up to one of its values, which is its only output, without all that the value does not depend on.
 * @param model as `normalised` gives it
 * @param value of type float32
 */
export function endingAt(model: Model, value: string, shape: readonly Dim[]): Model {
  const editor = new GraphEditor(model)
  editor.model.graph!.output = []
  editor.addOutput(value, ElemType.FLOAT, shape)
  return normalised(editor.model, { freeBatch: false })
}
