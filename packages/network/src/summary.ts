import { type Dim, type Model, signatureOf, type ValueSignature } from '@fanlight/onnx'
import { attributesOf, type LayerAttributes } from './attributes.ts'
import { macsOf, parametersOf, type ShapeOf } from './cost.ts'
import { countOf, type Layer, type Layers, layersOf, type Tensor, typeName } from './layers.ts'

/** Sizes; a name where the file leaves one open, null where nothing is known of it. */
export type Shape = readonly (number | string | null)[]

export interface ValueSummary {
  readonly name: string
  /** `float32`, … */
  readonly type: string
  readonly shape: Shape | null
}

export interface LayerSummary {
  readonly name: string
  readonly op: string
  /** Name of the value that it makes, the first of several. */
  readonly output: string
  /** Of that value. */
  readonly shape: Shape | null
  /** Numbers that training has set; those that an earlier layer uses too count there. */
  readonly parameters: number
  /** Multiply-accumulates of a forward; null where the shapes are not known. */
  readonly macs: number | null
  readonly attributes: LayerAttributes
  /** What it takes: names of layers, and of the network's inputs. */
  readonly from: readonly string[]
  /** The nearest layers upstream that have parameters, at most 8: the branches, without what only passes on. */
  readonly after: readonly string[]
}

export interface OpSummary {
  readonly op: string
  readonly layers: number
  readonly parameters: number
  readonly macs: number
}

/** A network as its graph tells it. All text is the file's: escape it where it is shown. */
export interface NetworkSummary {
  readonly inputs: readonly ValueSummary[]
  readonly outputs: readonly ValueSummary[]
  /** Program that wrote the file, and its version. */
  readonly producer: string
  /** Version of ONNX's own operator set; 0 when the file names none. */
  readonly opset: number
  readonly metadata: Readonly<Record<string, string>>
  /** The most frequent first. */
  readonly ops: readonly OpSummary[]
  readonly parameters: number
  /** What the parameters take in the file. */
  readonly parameterBytes: number
  /** Numbers that the file holds and training has not set: grids, sizes, statistics. */
  readonly otherConstants: number
  /** Multiply-accumulates of a forward with one image, as far as they are known. */
  readonly macs: number
  /** Layers whose cost is not known, because their shapes are not. */
  readonly layersOfUnknownCost: number
  /** In the order of the file, which is one in which they can run. */
  readonly layers: readonly LayerSummary[]
}

const MAX_AFTER = 8
const MAX_METADATA = 100
const MAX_TEXT_LENGTH = 2000

/**
 * @param shapes of values as a run found them; where a value is missing, what the file says of it
 */
export function summaryOf(model: Model, shapes: ReadonlyMap<string, readonly Dim[]> = new Map()): NetworkSummary {
  const layers = layersOf(model)
  const signature = signatureOf(model)
  const shapeOf = shapesFrom(model, layers, shapes)
  const parameters = ownParameters(layers)
  const summaries = layerSummaries(layers, parameters, shapeOf)
  const held = [...parameters.values()].flat()
  const all = new Set(layers.constants.values())
  const counted = held.reduce((sum, one) => sum + countOf(one), 0)
  const valueSummary = (value: ValueSignature) => ({ ...summaryOfValue(value), shape: plainShape(shapeOf(value.name)) })
  return {
    inputs: signature.inputs.map(valueSummary),
    outputs: signature.outputs.map(valueSummary),
    producer: signature.producer.slice(0, MAX_TEXT_LENGTH),
    opset: signature.opset,
    metadata: shortened(signature.metadata),
    ops: opSummaries(summaries),
    parameters: counted,
    parameterBytes: held.reduce((sum, one) => sum + storedBytes(one), 0),
    otherConstants: [...all].reduce((sum, one) => sum + countOf(one), 0) - counted,
    macs: summaries.reduce((sum, { macs }) => sum + (macs ?? 0), 0),
    layersOfUnknownCost: summaries.filter(({ macs }) => macs === null).length,
    layers: summaries,
  }
}

function shapesFrom(model: Model, { constants }: Layers, shapes: ReadonlyMap<string, readonly Dim[]>): ShapeOf {
  const graph = model.graph!
  const told = new Map<string, readonly Dim[]>()
  for (const { name, type } of [...graph.valueInfo, ...graph.input, ...graph.output]) {
    if (type?.value.case !== 'tensorType' || !type.value.value.shape) continue
    const dims = type.value.value.shape.dim.map(({ value }): Dim => {
      return value.case === 'dimValue' ? Number(value.value) : value.case === 'dimParam' ? value.value : undefined
    })
    told.set(name, dims)
  }
  return (name) => shapes.get(name) ?? constants.get(name)?.dims.map(Number) ?? told.get(name)
}

/** Each tensor belongs to the first layer that uses it. */
function ownParameters(layers: Layers): ReadonlyMap<Layer, readonly Tensor[]> {
  const seen = new Set<Tensor>()
  return new Map(
    layers.all.map((layer) => {
      const own = [...new Set(parametersOf(layer, layers))].filter((held) => !seen.has(held))
      for (const held of own) seen.add(held)
      return [layer, own]
    }),
  )
}

function layerSummaries(
  layers: Layers,
  parameters: ReadonlyMap<Layer, readonly Tensor[]>,
  shapeOf: ShapeOf,
): readonly LayerSummary[] {
  const nearest = new Map<Layer, readonly string[]>()
  return layers.all.map((layer) => {
    const { node } = layer
    const made = node.input.filter((name) => name !== '' && !layers.constants.has(name))
    const makers = [...new Set(made.flatMap((name) => layers.makers.get(name) ?? []))]
    const from = [...new Set(made.map((name) => layers.makers.get(name)?.name ?? name))]
    // A layer with parameters is where the walk upstream ends; what only passes on hands its own walk down.
    const after = makers.flatMap((maker) =>
      parametersOf(maker, layers).length > 0 ? [maker.name] : (nearest.get(maker) ?? []),
    )
    nearest.set(layer, [...new Set(after)].slice(0, MAX_AFTER))
    const output = node.output.find(Boolean) ?? ''
    return {
      name: layer.name,
      op: layer.op,
      output,
      shape: plainShape(shapeOf(output)),
      parameters: (parameters.get(layer) ?? []).reduce((sum, one) => sum + countOf(one), 0),
      macs: macsOf(layer, layers, shapeOf) ?? null,
      attributes: attributesOf(layer, layers),
      from,
      after: nearest.get(layer)!,
    }
  })
}

function opSummaries(layers: readonly LayerSummary[]): readonly OpSummary[] {
  const groups = Map.groupBy(layers, ({ op }) => op)
  return [...groups]
    .map(([op, members]) => ({
      op,
      layers: members.length,
      parameters: members.reduce((sum, { parameters }) => sum + parameters, 0),
      macs: members.reduce((sum, { macs }) => sum + (macs ?? 0), 0),
    }))
    .sort((a, b) => b.layers - a.layers || (a.op < b.op ? -1 : 1))
}

const plainShape = (shape: readonly Dim[] | undefined): Shape | null => shape?.map((dim) => dim ?? null) ?? null

const summaryOfValue = ({ name, elemType }: ValueSignature) => ({
  name,
  type: elemType === undefined ? 'no tensor' : typeName(elemType),
})

const shortened = (metadata: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(metadata)
      .slice(0, MAX_METADATA)
      .map(([key, value]) => [key.slice(0, MAX_TEXT_LENGTH), value.slice(0, MAX_TEXT_LENGTH)]),
  )

/** Of the tensor's data: raw, or listed number by number. */
function storedBytes({ rawData, floatData, doubleData, int32Data, int64Data, uint64Data }: Tensor): number {
  const listed =
    4 * (floatData.length + int32Data.length) + 8 * (doubleData.length + int64Data.length + uint64Data.length)
  return rawData.length || listed
}
