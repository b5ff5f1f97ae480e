import type { NodeProto } from './generated/onnx_pb.ts'
import type { GraphEditor } from './graph.ts'

/** What turns numbers into probabilities. */
const SQUASHING = ['Softmax', 'Sigmoid']
/** What leaves each number as it is. */
const RESHAPING = ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Cast', 'Dropout']

/** More than exporters write; it also ends what goes round in a circle. */
const MAX_PASSED = 16

/** Whether a Softmax or a Sigmoid makes the value, but for nodes behind it that only change its shape or type. */
export function areProbabilities(editor: GraphEditor, valueName: string): boolean {
  let name: string | undefined = valueName
  for (let passed = 0; passed <= MAX_PASSED && name; passed++) {
    const node: NodeProto | undefined = editor.producer(name)
    if (node === undefined || (node.domain !== '' && node.domain !== 'ai.onnx')) return false
    if (SQUASHING.includes(node.opType)) return true
    if (!RESHAPING.includes(node.opType)) return false
    name = node.input[0]
  }
  return false
}
