import type { Model } from './codec.ts'
import type { NodeProto, ValueInfoProto } from './generated/onnx_pb.ts'
import type { Dim } from './graph.ts'

export interface ValueSignature {
  readonly name: string
  /** Undefined when the file does not say; it is not guessed. */
  readonly shape: readonly Dim[] | undefined
  /** As `ElemType`; undefined for what is no tensor. */
  readonly elemType: number | undefined
}

/** What a file says about itself, without running it. All text is the file's: escape it where it is shown. */
export interface ModelSignature {
  /** Without initializers, which old files list as inputs too. */
  readonly inputs: readonly ValueSignature[]
  readonly outputs: readonly ValueSignature[]
  /** `metadata_props`; of a key that occurs twice, the last. */
  readonly metadata: Readonly<Record<string, string>>
  /** Name and version of the program that wrote the file, such as `pytorch 2.1.0`. */
  readonly producer: string
  /** Version of ONNX's own operator set; 0 when the file names none. */
  readonly opset: number
  /** The input goes into strided slices that a Concat joins, as in YOLOX's Focus. */
  readonly focusStem: boolean
}

export function signatureOf(model: Model): ModelSignature {
  const graph = model.graph!
  const initializers = new Set(graph.initializer.map(({ name }) => name))
  const inputs = graph.input.filter(({ name }) => !initializers.has(name)).map(valueSignature)
  return {
    inputs,
    outputs: graph.output.map(valueSignature),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opset: opsetOf(model),
    focusStem: inputs.some(({ name }) => isFocusStem(graph.node, name)),
  }
}

/** Version of ONNX's own operator set; 0 when the file names none. */
export function opsetOf(model: Model): number {
  const own = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  return Number(own?.version ?? 0)
}

function valueSignature({ name, type }: ValueInfoProto): ValueSignature {
  if (type?.value.case !== 'tensorType') return { name, shape: undefined, elemType: undefined }
  const { elemType, shape } = type.value.value
  const dims = shape?.dim.map(({ value }): Dim => {
    if (value.case === 'dimValue') return Number(value.value)
    return value.case === 'dimParam' && value.value !== '' ? value.value : undefined
  })
  return { name, shape: dims, elemType }
}

function isFocusStem(nodes: readonly NodeProto[], input: string): boolean {
  const joins = new Set<NodeProto>()
  let slices = 0
  // Exporters write a slice of two axes as one node or as two in a row.
  const pending = [input]
  while (pending.length > 0) {
    const value = pending.pop()
    for (const node of nodes) {
      if (!node.input.includes(value!)) continue
      if (node.opType === 'Concat') joins.add(node)
      else if (node.opType === 'Slice' && ++slices <= 16) pending.push(...node.output)
      else return false
    }
  }
  return slices >= 4 && joins.size === 1
}
