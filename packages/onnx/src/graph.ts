import { clone, create, isMessage, type Message } from '@bufbuild/protobuf'
import type { Attribute } from './attribute.ts'
import type { Model } from './codec.ts'
import { copyOf } from './copy.ts'
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts'
import type { ElemType } from './tensor.ts'
import { messagesIn } from './walk.ts'

/** A size, a name for a size that the file leaves open, or undefined where it says nothing. */
export type Dim = number | string | undefined

export interface NewNode {
  readonly inputs: readonly string[]
  /** @default one fresh name */
  readonly outputs?: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** Nodes stand in an order in which they can run: before all others, after them, or before one. @default 'end' */
  readonly at?: 'start' | 'end' | NodeProto
}

/**
 * A copy of a model to edit, by the names of its values. Shares with the original what stays as it is, so that the
 * original never changes and weights are not copied.
 */
export class GraphEditor {
  readonly model: Model
  readonly #graph: GraphProto
  readonly #names: Set<string>
  /** By stem: the last number that was given out, so that thousands of one stem take no time. */
  readonly #numbers = new Map<string, number>()
  /** Nodes to go before all others, kept apart so that each is added in its turn. */
  #starting = 0

  constructor(model: Model) {
    this.model = copyOf(model)
    this.#graph = copyOf(model.graph!)
    this.model.graph = this.#graph
    this.#graph.node = [...this.#graph.node]
    this.#graph.input = [...this.#graph.input]
    this.#graph.output = [...this.#graph.output]
    this.#graph.initializer = [...this.#graph.initializer]
    this.#names = new Set(namesIn(this.#graph))
  }

  get nodes(): readonly NodeProto[] {
    return this.#graph.node
  }

  /** Whether any value, in a subgraph too, has that name. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  input(name: string): ValueInfoProto | undefined {
    return this.#graph.input.find((input) => input.name === name)
  }

  initializer(name: string): TensorProto | undefined {
    return this.#graph.initializer.find((initializer) => initializer.name === name)
  }

  /** A value that the file holds: of an initializer, or of a Constant node. */
  constant(name: string): TensorProto | undefined {
    return this.initializer(name) ?? this.producer(name)?.attribute.find((attribute) => attribute.name === 'value')?.t
  }

  isOutput(name: string): boolean {
    return this.#graph.output.some((output) => output.name === name)
  }

  /** The node that makes a value; undefined for inputs and initializers. */
  producer(name: string): NodeProto | undefined {
    return this.#graph.node.find((node) => node.output.includes(name))
  }

  /** The nodes that use a value, themselves or in their subgraphs. */
  consumers(name: string): readonly NodeProto[] {
    return this.#graph.node.filter((node) => [...nodesIn(node)].some(({ input }) => input.includes(name)))
  }

  /** The stem itself where it is free, else the stem and a number. */
  freshName(stem: string): string {
    let name = stem
    let number = this.#numbers.get(stem) ?? 0
    while (this.#names.has(name)) name = `${stem}_${++number}`
    this.#numbers.set(stem, number)
    this.#names.add(name)
    return name
  }

  /** @returns the names of its outputs */
  addNode(opType: string, { inputs, outputs, attributes = {}, at = 'end' }: NewNode): readonly string[] {
    const output = outputs ?? [this.freshName(opType)]
    for (const name of output) this.#names.add(name)
    const node = newNode(opType, { inputs, outputs: output, attributes })
    const nodes = this.#graph.node
    const index = at === 'start' ? this.#starting++ : at === 'end' ? nodes.length : nodes.indexOf(at)
    nodes.splice(index, 0, node)
    return output
  }

  removeNodes(nodes: readonly NodeProto[]): void {
    const removed = new Set(nodes)
    this.#graph.node = this.#graph.node.filter((node) => !removed.has(node))
  }

  /** In place of every node what `change` makes of it: the node itself, others (`changed`, `newNode`), or none. */
  replaceNodes(change: (node: NodeProto) => readonly NodeProto[]): void {
    this.#graph.node = this.#graph.node.flatMap((node) => [...change(node)])
    for (const { output } of this.#graph.node) for (const name of output) this.#names.add(name)
  }

  /** In place of what the model says under that key. */
  setMetadata(key: string, value: string): void {
    const others = this.model.metadataProps.filter((entry) => entry.key !== key)
    this.model.metadataProps = [...others, create(StringStringEntryProtoSchema, { key, value })]
  }

  addInitializer(initializer: TensorProto): string {
    this.#names.add(initializer.name)
    this.#graph.initializer.push(initializer)
    return initializer.name
  }

  addInput(name: string, elemType: ElemType, shape: readonly Dim[]): string {
    this.#names.add(name)
    this.#graph.input.push(valueInfo(name, elemType, shape))
    return name
  }

  /** The name lives on: a node must make the value from now on. */
  removeInput(name: string): void {
    this.#graph.input = this.#graph.input.filter((input) => input.name !== name)
  }

  addOutput(name: string, elemType: ElemType, shape: readonly Dim[]): void {
    this.#graph.output.push(valueInfo(name, elemType, shape))
  }

  /**
   * No initializer is an input too, as old files and old exporters have it: nobody can override it, and onnxruntime may
   * compute with it beforehand, which makes some networks twice as fast.
   */
  sealInitializers(): void {
    const names = new Set(this.#graph.initializer.map(({ name }) => name))
    this.#graph.input = this.#graph.input.filter(({ name }) => !names.has(name))
    // Before version 4 of the format every initializer had to be an input; nothing else changed with it.
    if (this.model.irVersion < 4n) this.model.irVersion = 4n
  }

  /** Every node that used `from`, itself or in a subgraph, uses `to`. Outputs of the graph keep their names. */
  renameUses(from: string, to: string): void {
    const users = new Set(this.consumers(from))
    this.#graph.node = this.#graph.node.map((node) => {
      if (!users.has(node)) return node
      const copy = clone(NodeProtoSchema, node)
      for (const inner of nodesIn(copy)) inner.input = inner.input.map((name) => (name === from ? to : name))
      return copy
    })
  }
}

/** A node that is in no graph yet. */
export function newNode(
  opType: string,
  {
    inputs,
    outputs,
    attributes = {},
  }: Pick<NewNode, 'inputs' | 'attributes'> & { readonly outputs: readonly string[] },
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => ({ ...value, name }))
  return create(NodeProtoSchema, { opType, input: [...inputs], output: [...outputs], attribute })
}

export interface NewModel {
  readonly name: string
  readonly producer: string
  /** Version of ONNX's own operator set. */
  readonly opset: number
  readonly metadata?: Readonly<Record<string, string>>
}

/** A model without nodes, to build one. */
export function newModel({ name, producer, opset, metadata = {} }: NewModel): Model {
  return create(ModelProtoSchema, {
    // Of 2021: the oldest with all that opsets up to 15 need, so that old readers read it too.
    irVersion: 8n,
    producerName: producer,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: { name },
  })
}

function valueInfo(name: string, elemType: ElemType, shape: readonly Dim[]): ValueInfoProto {
  const dim = shape.map((size) => ({ value: dimValue(size) }))
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  })
}

function dimValue(size: Dim) {
  if (size === undefined) return { case: undefined }
  if (typeof size === 'string') return { case: 'dimParam' as const, value: size }
  return { case: 'dimValue' as const, value: BigInt(size) }
}

function* nodesIn(message: Message): Generator<NodeProto> {
  for (const inner of messagesIn(message)) if (isMessage(inner, NodeProtoSchema)) yield inner
}

function* namesIn(graph: GraphProto): Generator<string> {
  for (const message of messagesIn(graph)) {
    if (isMessage(message, NodeProtoSchema)) {
      yield* message.input
      yield* message.output
    }
    if (isMessage(message, TensorProtoSchema) || isMessage(message, ValueInfoProtoSchema)) yield message.name
  }
}
