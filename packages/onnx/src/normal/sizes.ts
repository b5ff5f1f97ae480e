import { InputError } from '@fanlight/ports'
import type { GraphEditor } from '../graph.ts'
import { quoted } from '../quoted.ts'
import { signatureOf } from '../signature.ts'
import { integersIn } from '../tensor.ts'
import { labelOf } from './uses.ts'

/** By operator: the input that holds the shape of what it makes. */
const shapeInputs: ReadonlyMap<string, number> = new Map([
  ['ConstantOfShape', 0],
  ['Expand', 1],
  ['Resize', 3],
  ['Tile', 1],
])

/**
 * No declared size asks for more memory than a detector needs. onnxruntime computes what is constant while it loads,
 * so that a few bytes of file could take gigabytes before anything ran. What the network's own arithmetic asks for is
 * left to the limits on the process that runs it.
 * @throws InputError `MODEL_UNSAFE`
 */
export function refuseHuge(editor: GraphEditor, maxElements: number): void {
  const check = (what: string, dims: readonly number[]) => {
    const elements = dims.reduce((product, dim) => product * Math.max(dim, 1), 1)
    if (elements <= maxElements) return
    const message = `${what} declares [${dims.slice(0, 16).join(', ')}] values; at most ${maxElements} are computed`
    throw new InputError('MODEL_UNSAFE', `${message}. Export the model for a smaller image`)
  }
  for (const { name, shape } of signatureOf(editor.model).inputs) {
    check(`the input ${quoted(name)}`, shape?.filter((dim) => typeof dim === 'number') ?? [])
  }
  const initializers = new Map(editor.model.graph!.initializer.map((each) => [each.name, each]))
  for (const node of editor.nodes) {
    const shape = initializers.get(node.input[shapeInputs.get(node.opType) ?? -1] ?? '')
    // A shape has few entries; what has more is no shape, and onnxruntime says so.
    if (shape?.dims.length === 1 && shape.dims[0]! <= 16n) check(labelOf(node), integersIn(shape) ?? [])
  }
}
