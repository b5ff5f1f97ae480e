import { InputError } from '@fanlight/ports'
import type { Model } from '../codec.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import { type Dim, GraphEditor } from '../graph.ts'
import { pruneDead } from '../normal/dead.ts'
import { labelOf } from '../normal/uses.ts'
import { quoted } from '../quoted.ts'
import { opsetOf } from '../signature.ts'
import { ElemType } from '../tensor.ts'
import { type Activity, activityOf } from './activity.ts'
import type { Rule } from './rule.ts'
import { isRule, rules } from './rules/index.ts'
import { siteOf } from './site.ts'

// Reverse mode over an ONNX graph (Griewank and Walther, Evaluating Derivatives, 2nd ed., 2008, section 3.2): for each
// node on a way from `wrt` to `outputs`, the last first, the nodes of its adjoint are appended, of standard operators
// only, so that the gradient runs wherever the network does.

export interface VjpOptions {
  /** Values whose gradients are wanted: inputs, or what any node makes. */
  readonly wrt: readonly string[]
  /** Outputs of the graph that the differentiated scalar L is made of. */
  readonly outputs: readonly string[]
  /** Of all float values, as a probe found them. */
  readonly shapes: ReadonlyMap<string, readonly Dim[]>
  /** Negative gradients are stopped at rectifiers (Springenberg et al. 2015, arXiv:1412.6806). @default false */
  readonly guided?: boolean
  /**
   * The gradient at each value of `wrt` while the others stay as they are: no way leads through one of them to another.
   * What goes from one scale of a neck to the next would else be counted at both. @default false
   */
  readonly apart?: boolean
}

export interface GradientModel {
  readonly model: Model
  /** By output: the input that takes dL/d(output), in that output's shape. */
  readonly cotangents: Readonly<Record<string, string>>
  /** By value of `wrt`: the output that gives dL/d(value), in that value's shape. */
  readonly gradients: Readonly<Record<string, string>>
}

const MAX_PATH = 12

/**
 * The same network, which returns gradients too: with L = Σ cotangent · output, dL/d(value) for each value of `wrt`.
 * @param model as `normalised` gives it
 * @throws InputError `MODEL_UNSUPPORTED` for an operator without a rule on a way, naming it, its node and the way; for
 *   a value of `wrt` that is not in the graph or on which no output depends
 */
export function vjp(model: Model, options: VjpOptions): GradientModel {
  const { wrt, outputs, shapes, guided = false, apart = false } = options
  const editor = new GraphEditor(model)
  const forward = [...editor.nodes]
  const producers = new Map(forward.flatMap((node) => node.output.map((output) => [output, node] as const)))
  const activity = activityOf(apart ? notMaking(forward, wrt) : forward, wrt, outputs)
  const adjoints = new Adjoints(editor)
  const cotangents: Record<string, string> = {}
  for (const [i, output] of outputs.entries()) {
    cotangents[output] = editor.addInput(`fanlight.cotangent.${i}`, ElemType.FLOAT, shapes.get(output) ?? [])
    adjoints.add(output, cotangents[output])
  }
  for (const node of activity.nodes.toReversed()) {
    const rule = ruleFor(node, activity, outputs)
    const made = node.output.map((output) => adjoints.of(output))
    if (made.every((adjoint) => adjoint === undefined)) continue
    const site = siteOf(editor, node, {
      wanted: activity.values,
      shapes,
      cotangents: made,
      guided,
      opset: opsetOf(model),
      producers,
    })
    for (const [i, adjoint] of rule(site).entries()) {
      const input = node.input[i]
      if (adjoint !== undefined && input && activity.values.has(input)) adjoints.add(input, adjoint)
    }
  }
  const gradients: Record<string, string> = {}
  for (const [i, value] of wrt.entries()) {
    const gradient = adjoints.of(value)
    if (gradient === undefined)
      throw unsupported(`no output depends on the value ${quoted(value)}`, 'Take another layer')
    gradients[value] = `fanlight.gradient.${i}`
    editor.addNode('Identity', { inputs: [gradient], outputs: [gradients[value]] })
    editor.addOutput(gradients[value], ElemType.FLOAT, shapes.get(value) ?? [])
  }
  pruneDead(editor)
  return { model: editor.model, cotangents, gradients }
}

function notMaking(nodes: readonly NodeProto[], values: readonly string[]): readonly NodeProto[] {
  return nodes.filter(({ output }) => !output.some((name) => values.includes(name)))
}

/** What flowed to each value so far; the sum is made when it is asked for, which is when all has come. */
class Adjoints {
  readonly #editor: GraphEditor
  readonly #parts = new Map<string, readonly string[]>()

  constructor(editor: GraphEditor) {
    this.#editor = editor
  }

  add(value: string, adjoint: string): void {
    this.#parts.set(value, [...(this.#parts.get(value) ?? []), adjoint])
  }

  of(value: string): string | undefined {
    const parts = this.#parts.get(value)
    if (!parts || parts.length < 2) return parts?.[0]
    const sum = this.#editor.addNode('Sum', { inputs: parts })
    this.#parts.set(value, sum)
    return sum[0]
  }
}

function ruleFor(node: NodeProto, activity: Activity, outputs: readonly string[]): Rule {
  if (isRule(node)) return rules[node.opType]!
  const way = [
    ...activity.pathTo(node.output[0] ?? '').map((value) => quoted(value)),
    '…',
    ...outputs.map((value) => quoted(value)),
  ]
  const shown = way.length > MAX_PATH ? ['…', ...way.slice(-MAX_PATH)] : way
  const opType = node.domain ? `${node.domain}.${node.opType}` : node.opType
  throw unsupported(
    `${labelOf({ name: node.name, output: node.output, opType })} has no gradient and lies on the way ${shown.join(' → ')}`,
    'Take a layer behind it, take a method without gradients, or export the network without it',
  )
}

const unsupported = (what: string, remedy: string) => new InputError('MODEL_UNSUPPORTED', `${what}. ${remedy}`)
