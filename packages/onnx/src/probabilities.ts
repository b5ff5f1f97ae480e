import type { GraphEditor } from './graph.ts'

/** What turns numbers into probabilities. */
const SQUASHING = ['Softmax', 'Sigmoid']
/** What leaves each number as it is. */
const RESHAPING = ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Cast', 'Dropout']

/** Whether a Softmax or a Sigmoid makes the value, but for nodes behind it that only change its shape or type. */
export function areProbabilities(editor: GraphEditor, valueName: string): boolean {
  const passed = new Set<string>()
  for (let name = valueName; !passed.has(name); ) {
    passed.add(name)
    const node = editor.producer(name)
    if (node === undefined || (node.domain !== '' && node.domain !== 'ai.onnx')) return false
    if (SQUASHING.includes(node.opType)) return true
    if (!RESHAPING.includes(node.opType)) return false
    name = node.input[0] ?? ''
  }
  // Round in a circle.
  return false
}
