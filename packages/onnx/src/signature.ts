import type { Model } from './codec.ts'
import { focusStemOf } from './focus.ts'
import type { ValueInfoProto } from './generated/onnx_pb.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { areProbabilities } from './probabilities.ts'

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
  /** The input goes into a Focus as YOLOX has it: slices of every other row and column that a Concat joins. */
  readonly focusStem: boolean
  /** Names of the outputs that a Softmax or a Sigmoid makes. */
  readonly probabilities: readonly string[]
}

export function signatureOf(model: Model): ModelSignature {
  const graph = model.graph!
  const initializers = new Set(graph.initializer.map(({ name }) => name))
  const editor = new GraphEditor(model)
  const inputs = graph.input.filter(({ name }) => !initializers.has(name)).map(valueSignature)
  return {
    inputs,
    outputs: graph.output.map(valueSignature),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opset: opsetOf(model),
    focusStem: inputs.some(({ name }) => focusStemOf(editor, name) !== undefined),
    probabilities: graph.output.map(({ name }) => name).filter((name) => areProbabilities(editor, name)),
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
