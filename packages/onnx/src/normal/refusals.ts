import { InputError } from '@fanlight/ports'
import type { NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { quoted } from '../quoted.ts'
import { opsetOf } from '../signature.ts'
import { labelOf, subgraphsOf } from './uses.ts'

const quantised = /[Qq]uantize|QLinear|QAttention|QGemm|NBits|^(Conv|MatMul)Integer/

// Before version 7, arithmetic did not broadcast as it does now, and onnxruntime promises nothing.
const OLDEST_OPSET = 7

/**
 * Nothing is left that cannot be upgraded or differentiated because of what it is: quantised operators, subgraphs, and
 * operators that are not ONNX's own.
 * @throws InputError `MODEL_UNSUPPORTED`
 */
export function refuseForeign(editor: GraphEditor): void {
  const opset = opsetOf(editor.model)
  if (opset < OLDEST_OPSET) {
    const message = `the model uses operator set ${opset}`
    throw new InputError('MODEL_UNSUPPORTED', `${message}. Export it with opset ${OLDEST_OPSET} or later`)
  }
  const functions = new Set(editor.model.functions.map(({ name, domain }) => JSON.stringify([domain, name])))
  for (const node of editor.nodes) {
    const problem = problemOf(node, functions)
    if (problem) throw new InputError('MODEL_UNSUPPORTED', `${labelOf(node)} ${problem}`)
  }
}

function problemOf(node: NodeProto, functions: ReadonlySet<string>): string | undefined {
  const { opType, domain } = node
  if (quantised.test(opType)) return 'is quantised; give the float model'
  if (subgraphsOf(node).length > 0) {
    return 'runs a subgraph, which has no gradient. Export the model for a fixed input size, or simplify it (onnxsim)'
  }
  if (domain === '' && !functions.has(JSON.stringify([domain, opType]))) return undefined
  const from = `is of the domain ${quoted(domain)}, not an operator of ONNX itself`
  if (functions.has(JSON.stringify([domain, opType]))) return `${from}. Inline the model’s functions when exporting`
  if (domain === 'com.microsoft') return `${from}. Give the model as it was before onnxruntime optimised it`
  return `${from}. Export the model without custom operators`
}
