import { attributeOf } from './attribute.ts'
import type { Model } from './codec.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { pruneDead } from './normal/dead.ts'
import { foldSizes } from './normal/fold.ts'
import { tensor } from './tensor.ts'

/**
 * The same network for the sizes that a probe found: what it computes from them (where to cut, into which shape) becomes
 * constants, which differentiation wants to know.
 * @param model as `normalised` gives it
 * @param shapes in which open sizes are no numbers; values of such a shape keep being asked for theirs
 */
export function fixedShapes(model: Model, shapes: ReadonlyMap<string, readonly Dim[]>): Model {
  const editor = new GraphEditor(model)
  const known = new Map<string, readonly number[]>()
  for (const node of editor.nodes) {
    if (node.opType !== 'Shape') continue
    const dims = shapes.get(node.input[0]!)
    const [start, end] = ['start', 'end'].map((name) => attributeOf(node, name)?.i)
    const asked = dims?.slice(start === undefined ? 0 : Number(start), end === undefined ? undefined : Number(end))
    if (asked?.every((dim) => typeof dim === 'number')) known.set(node.output[0]!, asked)
  }
  editor.replaceNodes((node) => (node.output.some((output) => known.has(output)) ? [] : [node]))
  for (const [name, dims] of known) {
    editor.addInitializer(tensor(name, [dims.length], BigInt64Array.from(dims.map(BigInt))))
  }
  foldSizes(editor)
  pruneDead(editor)
  return editor.model
}
