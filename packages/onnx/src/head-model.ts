import { InputError } from '@fanlight/ports'
import type { Model } from './codec.ts'
import { changed } from './copy.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { pruneDead } from './normal/dead.ts'
import { usesOf } from './normal/uses.ts'
import { quoted } from './quoted.ts'
import { ElemType } from './tensor.ts'

/**
 * What a network makes of some of its values: they become its inputs, and what lies before them goes. So a gradient at
 * the feature maps needs no backbone, and is that of the heads alone: of a value that another of `values` is made of, the
 * way through that other one does not count.
 * @param model as `normalised` gives it
 * @param values of float32 that nodes make, such as `neckOf` finds
 * @param shapes of `values` at least
 * @returns the network with all its outputs, in their order; its own inputs stay only where a way passes the values by
 * @throws InputError `MODEL_UNSUPPORTED` for a value that no node makes
 */
export function headModel(model: Model, values: readonly string[], shapes: ReadonlyMap<string, readonly Dim[]>): Model {
  const cut = new Set(values)
  const made = new Set(model.graph!.node.flatMap(({ output }) => output))
  const unknown = values.find((value) => !made.has(value))
  if (unknown !== undefined)
    throw new InputError('MODEL_UNSUPPORTED', `no node makes the value ${quoted(unknown)}. Take another layer`)
  const editor = new GraphEditor(model)
  // A node that makes another value too, such as a Split, stays, and calls the one that is cut by another name.
  editor.replaceNodes((node) => {
    if (!node.output.some((name) => cut.has(name))) return [node]
    return [changed(node, { output: node.output.map((name) => (cut.has(name) ? editor.freshName(name) : name)) })]
  })
  for (const value of cut) editor.addInput(value, ElemType.FLOAT, shapes.get(value) ?? [])
  pruneDead(editor)
  const used = new Set(editor.nodes.flatMap(usesOf))
  for (const { name } of [...editor.model.graph!.input]) {
    if (!cut.has(name) && !used.has(name) && !editor.isOutput(name)) editor.removeInput(name)
  }
  return editor.model
}
