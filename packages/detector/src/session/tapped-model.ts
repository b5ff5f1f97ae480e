import {
  decodeModel,
  distributionOf,
  ElemType,
  encodeModel,
  GraphEditor,
  type Model,
  signatureOf,
  vjp,
} from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import { type ProbedNetwork, pictureOf } from './probed-network.ts'

export interface TappedOptions {
  /** Names of values, as `layersOf` gives them. */
  readonly layers: readonly string[]
  /** Whether gradients are taken too. */
  readonly backward: boolean
  readonly guided: boolean
  /** As of `vjp`. @default false */
  readonly apart?: boolean
  /** Whether the distribution of distances, where there is one, is an output too, behind the file's. @default false */
  readonly distances?: boolean
}

const Size = z.int().min(0)

const Parts = z.object({
  input: z.string(),
  /** The gradient is an output of the graph, where one is taken. */
  layers: z.array(
    z.object({ name: z.string(), channels: Size, height: Size, width: Size, gradient: z.string().optional() }),
  ),
  /** The cotangent is an input of the graph, where it flows anywhere. */
  outputs: z.array(
    z.object({ name: z.string(), cotangent: z.object({ name: z.string(), dims: z.array(Size) }).optional() }),
  ),
})

/** A network whose layers, and gradients with respect to them, are outputs. */
export interface TappedModel {
  readonly model: Model
  /** What its values are to whoever runs it. */
  readonly parts: z.infer<typeof Parts>
}

/**
 * Deterministic: the same network and options give the same bytes.
 * @throws InputError `MODEL_UNSUPPORTED` for an operator without a gradient
 */
export function tappedModel(
  probed: ProbedNetwork,
  { layers, backward, guided, apart = false, distances = false }: TappedOptions,
): TappedModel {
  const { model, shapes, input } = probed
  const distribution = distances ? distributionOf(model, shapes) : undefined
  const outputs = [...signatureOf(model).outputs.map(({ name }) => name), ...(distribution ? [distribution] : [])]
  // Outputs that are no floats are read by nobody.
  const differentiable = outputs.filter((name) => shapes.has(name))
  const gradient = backward ? vjp(model, { wrt: layers, outputs: differentiable, shapes, guided, apart }) : undefined
  const editor = new GraphEditor(gradient?.model ?? model)
  // An input is no output: what it holds is known.
  for (const name of [...layers, ...outputs])
    if (!editor.isOutput(name) && !editor.input(name)) editor.addOutput(name, ElemType.FLOAT, shapes.get(name)!)
  const cotangentOf = (output: string) => {
    const name = gradient?.cotangents[output]
    return name === undefined ? undefined : { name, dims: shapes.get(output)!.map(Number) }
  }
  const parts = {
    input: input.name,
    layers: layers.map((name) => ({ name, ...pictureOf(probed, name), gradient: gradient?.gradients[name] })),
    outputs: outputs.map((name) => ({ name, cotangent: cotangentOf(name) })),
  }
  return { model: editor.model, parts }
}

const PARTS = 'fanlight.tapped'

/** An ONNX file that says what its values are in its metadata. */
export function encodeTapped({ model, parts }: TappedModel): Uint8Array {
  const editor = new GraphEditor(model)
  editor.setMetadata(PARTS, JSON.stringify(parts))
  return encodeModel(editor.model)
}

/**
 * Reads what `encodeTapped` wrote, wherever it was since.
 * @throws InputError `MODEL_INVALID`, `MODEL_UNSAFE` for anything else, as far as can be told without running it
 */
export function decodeTapped(bytes: Uint8Array, { maxBytes }: { readonly maxBytes: number }): TappedModel {
  const model = decodeModel(bytes, { maxBytes })
  const parts = Parts.safeParse(jsonOf(model.metadataProps.find(({ key }) => key === PARTS)?.value))
  if (!parts.success) throw invalid('does not say what its values are')
  const { input, layers, outputs } = parts.data
  const inputs = new Set(model.graph!.input.map(({ name }) => name))
  const made = new Set(model.graph!.output.map(({ name }) => name))
  const fed = [input, ...outputs.flatMap(({ cotangent }) => cotangent?.name ?? [])]
  const read = [...outputs.map(({ name }) => name), ...layers.flatMap(({ gradient }) => gradient ?? [])]
  const known = layers.every(({ name }) => made.has(name) || name === input)
  if (known && fed.every((name) => inputs.has(name)) && read.every((name) => made.has(name)))
    return { model, parts: parts.data }
  throw invalid('names values that its graph does not have')
}

function jsonOf(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const invalid = (trouble: string) =>
  new InputError('MODEL_INVALID', `a kept network ${trouble}: it is to be built anew`)
