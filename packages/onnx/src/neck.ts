import type { Model } from './codec.ts'
import { elemTypesIn } from './elem-types.ts'
import type { NodeProto } from './generated/onnx_pb.ts'
import type { Dim } from './graph.ts'
import { ElemType } from './tensor.ts'

/** Heads that read one size; of more, in a made-up graph, the search would take for ever. */
const MAX_READS = 64

const convolutions: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose'])
/** What makes a few numbers of a feature map, unless it keeps the form of a picture. */
const poolings: ReadonlySet<string> = new Set([
  ...['AveragePool', 'GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool', 'LpPool', 'MaxPool'],
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceSum', 'ReduceSumSquare'],
])
const flattenings: ReadonlySet<string> = new Set(['Flatten', 'Reshape'])

/**
 * The feature maps that the heads of a network read, finest first: where class and box branches of a scale part, the
 * inputs of the last convolutions where there is one branch, the map that a classifier pools or flattens.
 *
 * From the outputs back, through whatever only decodes, each way ends at the first node that reads a feature map: a
 * value [N, C, H/s, W/s] of the image's [N, 3, H, W], s ≥ 2. Of those that read one size, the result is the last value of
 * that size that all of them depend on, by values of that size only; where there is none, what each of them reads.
 * @param model as `normalised` gives it
 * @param shapes of all its float values
 * @param inputName of the image
 * @returns names of values; none for a network without feature maps, such as a plain vision transformer
 */
export function neckOf(
  model: Model,
  shapes: ReadonlyMap<string, readonly Dim[]>,
  inputName: string,
): readonly string[] {
  const graph = new FeatureGraph(model, shapes, inputName)
  const bySize = Map.groupBy(graph.readByHeads(), (value) => graph.sizeOf(value)!)
  return [...bySize.values()]
    .filter((reads) => reads.length <= MAX_READS)
    .flatMap((reads) => graph.lastBehindAll(reads) ?? reads)
    .sort((a, b) => graph.cellsOf(b) - graph.cellsOf(a) || graph.orderOf(a) - graph.orderOf(b))
}

/** A graph as its feature maps, and which of them depends on which. */
class FeatureGraph {
  readonly #shapes: ReadonlyMap<string, readonly Dim[]>
  readonly #image: readonly [height: number, width: number]
  readonly #makers = new Map<string, NodeProto>()
  readonly #order = new Map<string, number>()
  readonly #outputs: readonly string[]
  readonly #carried: ReadonlySet<string>

  constructor(model: Model, shapes: ReadonlyMap<string, readonly Dim[]>, inputName: string) {
    const { node, output } = model.graph!
    const [, , height, width] = shapes.get(inputName) ?? []
    this.#shapes = shapes
    this.#carried = carriedFrom(model, inputName)
    this.#image = [Number(height), Number(width)]
    this.#outputs = output.map(({ name }) => name)
    for (const each of node) {
      for (const name of each.output) {
        this.#makers.set(name, each)
        this.#order.set(name, this.#order.size)
      }
    }
  }

  /** Place of a value in the order in which the network runs. */
  orderOf(value: string): number {
    return this.#order.get(value) ?? -1
  }

  /** Height and width of a feature map, as a key; undefined for all that is none. */
  sizeOf(value: string): string | undefined {
    const shape = this.#shapes.get(value) ?? []
    const [, , height, width] = shape
    if (shape.length !== 4) return undefined
    if (typeof height !== 'number' || typeof width !== 'number' || height < 2 || width < 2) return undefined
    return isShrunk(this.#image, [height, width]) ? `${height} × ${width}` : undefined
  }

  cellsOf(value: string): number {
    const [, , height, width] = this.#shapes.get(value) ?? []
    return Number(height) * Number(width)
  }

  /** What is read by the last node on each way to an output that reads a feature map. */
  readByHeads(): readonly string[] {
    const read = new Set<string>()
    this.#walkBack(this.#outputs, (node) => {
      const [data] = node.input
      if (data === undefined || this.sizeOf(data) === undefined || !this.#isHead(node)) return node.input
      read.add(data)
      return []
    })
    return [...read]
  }

  /** The last value of one size that all of `values` are or depend on, by values of that size only. */
  lastBehindAll(values: readonly string[]): string | undefined {
    const size = this.sizeOf(values[0]!)
    const behind = values.map((value) =>
      this.#walkBack([value], (node) => node.input.filter((name) => this.sizeOf(name) === size)),
    )
    const shared = [...behind.reduce((all, next) => all.intersection(next))]
    return shared.sort((a, b) => this.orderOf(b) - this.orderOf(a))[0]
  }

  /** @returns the values that are reached, `from` included */
  #walkBack(from: readonly string[], inputsOf: (node: NodeProto) => readonly string[]): ReadonlySet<string> {
    const reached = new Set(from)
    // Grows as it is walked.
    for (const value of reached) {
      const maker = this.#makers.get(value)
      if (maker === undefined) continue
      for (const input of inputsOf(maker)) if (this.#carried.has(input)) reached.add(input)
    }
    return reached
  }

  /** @param node that reads a feature map */
  #isHead({ opType, output }: NodeProto): boolean {
    if (convolutions.has(opType)) return true
    const [made] = output
    if (made === undefined || this.sizeOf(made) !== undefined) return false
    // [N, C · H · W]: what dense layers take. Detectors keep channels and places apart.
    return poolings.has(opType) || (flattenings.has(opType) && this.#shapes.get(made)?.length === 2)
  }
}

/** The values that depend on the image by floats alone: sizes and indices have no gradient, and are no features. */
function carriedFrom(model: Model, inputName: string): ReadonlySet<string> {
  const types = elemTypesIn(model)
  const isFloat = (value: string) => types.get(value) === ElemType.FLOAT || types.get(value) === ElemType.FLOAT16
  const carried = new Set([inputName])
  for (const { input, output } of model.graph!.node) {
    if (input.some((name) => carried.has(name))) for (const name of output) if (isFloat(name)) carried.add(name)
  }
  return carried
}

/** Whether there is a stride s ≥ 2 by which both sides were divided, rounding either way. */
function isShrunk([imageHeight, imageWidth]: readonly number[], [height, width]: readonly number[]): boolean {
  const ratios = [imageHeight! / height!, imageWidth! / width!]
  const isDivided = (side: number, stride: number, cells: number) => Math.abs(side / stride - cells) < 1
  for (let stride = Math.max(2, Math.floor(Math.min(...ratios))); stride <= Math.ceil(Math.max(...ratios)); stride++) {
    if (isDivided(imageHeight!, stride, height!) && isDivided(imageWidth!, stride, width!)) return true
  }
  return false
}
