import type { NodeProto } from '../generated/onnx_pb.ts'
import { ElemType } from '../tensor.ts'
import { isRule, stops } from './rules/index.ts'

/** What lies between the values that are differentiated by and the outputs. */
export interface Activity {
  /** Nodes on a way, in the order in which they run. */
  readonly nodes: readonly NodeProto[]
  /** Values that depend on `wrt` and that an output depends on. */
  readonly values: ReadonlySet<string>
  /** A way from `wrt` to a value, as far as its node. */
  pathTo(value: string): readonly string[]
}

const floats: ReadonlySet<number> = new Set([ElemType.FLOAT, ElemType.FLOAT16, ElemType.DOUBLE, ElemType.BFLOAT16])

/** @param nodes in an order in which they can run */
export function activityOf(nodes: readonly NodeProto[], wrt: readonly string[], outputs: readonly string[]): Activity {
  const from = new Map<string, string | undefined>(wrt.map((value) => [value, undefined]))
  const reached = nodes.filter((node) => {
    const source = node.input.find((input) => from.has(input))
    if (source === undefined || !carries(node)) return false
    for (const output of node.output) if (output && !from.has(output)) from.set(output, source)
    return true
  })
  const needed = new Set(outputs)
  const active = reached.toReversed().filter((node) => {
    if (!node.output.some((output) => needed.has(output))) return false
    for (const input of node.input) if (from.has(input)) needed.add(input)
    return true
  })
  return {
    nodes: active.toReversed(),
    values: new Set([...needed].filter((value) => from.has(value))),
    pathTo(value) {
      const path: string[] = []
      for (let at: string | undefined = value; at !== undefined; at = from.get(at)) path.unshift(at)
      return path
    },
  }
}

/** Integers and truth values have no gradient. */
function carries(node: NodeProto): boolean {
  if (node.opType === 'Cast') return floats.has(Number(node.attribute.find(({ name }) => name === 'to')?.i))
  return !isRule(node) || !stops.has(node.opType)
}
