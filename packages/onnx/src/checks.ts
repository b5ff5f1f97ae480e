import { isMessage } from '@bufbuild/protobuf'
import { InputError } from '@fanlight/ports'
import {
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
} from './generated/onnx_pb.ts'
import type { ModelLimits } from './limits.ts'
import { quoted } from './quoted.ts'
import { checkTensor } from './tensor-check.ts'
import { messagesIn } from './walk.ts'

/**
 * What `decodeModel` promises about a model, beyond its wire format.
 * @throws InputError `MODEL_INVALID`, `MODEL_UNSAFE`
 */
export function checkModel(model: ModelProto, limits: ModelLimits): void {
  for (const message of messagesIn(model)) {
    if (isMessage(message, TensorProtoSchema)) checkTensor(message)
    if (isMessage(message, SparseTensorProtoSchema)) {
      const name = quoted(message.values?.name ?? '')
      throw new InputError('MODEL_UNSAFE', `the tensor ${name} is sparse. Export the model with dense weights`)
    }
  }
  checkFunctions(model, limits)
}

/** Calls of model-local functions end, and do not blow up when they are replaced by the functions' bodies. */
function checkFunctions(model: ModelProto, limits: ModelLimits): void {
  const functions = new Map(model.functions.map((body) => [functionKey(body.domain, body.name, body.overload), body]))
  const sizes = new Map<FunctionProto, number>()

  const sizeOf = (body: FunctionProto | GraphProto, depth: number): number => {
    let nodes = 0
    for (const node of messagesIn(body)) {
      if (!isMessage(node, NodeProtoSchema)) continue
      const callee = functions.get(functionKey(node.domain, node.opType, node.overload))
      nodes += 1 + (callee === undefined ? 0 : sizeOfCall(callee, depth))
    }
    return nodes
  }
  const sizeOfCall = (callee: FunctionProto, depth: number): number => {
    const known = sizes.get(callee)
    if (known !== undefined) return known
    if (depth > limits.maxDepth) {
      const message = `the model’s function ${quoted(callee.name)} calls itself, or lies below too many others`
      throw new InputError('MODEL_UNSAFE', `${message}. Inline the functions when exporting`)
    }
    const size = sizeOf(callee, depth + 1)
    sizes.set(callee, size)
    return size
  }

  for (const body of model.functions) sizeOfCall(body, 1)
  const nodes = sizeOf(model.graph!, 1)
  if (nodes > limits.maxNodes) {
    const message = `the model has ${nodes} nodes once its functions are inlined; at most ${limits.maxNodes} are read`
    throw new InputError('MODEL_UNSAFE', `${message}. Simplify the model, or raise the limit if you trust it`)
  }
}

function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === 'ai.onnx' ? '' : domain, name, overload])
}
