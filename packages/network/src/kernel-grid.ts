import { foldFocus, GraphEditor, type Model, signatureOf } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { weightOf } from './attributes.ts'
import { type Filters, filtersOf } from './filters.ts'
import { colours, type Drawn, drawMatrix, drawTiles, type Kernels, largestOf, signs } from './kernel-canvas.ts'
import { type Layer, type Layers, layersOf } from './layers.ts'
import { layerNamed } from './named-layer.ts'
import { NEAR_ZERO } from './statistics.ts'

export interface KernelGridOptions {
  /** Its name, or that of a value that it makes. */
  readonly layer: string
  /** Which filters, from 0. @default the first 64 */
  readonly filters?: readonly number[] | undefined
  /** Which of a filter's input channels, from 0. @default the first 32; all 3 of the image */
  readonly inputs?: readonly number[] | undefined
  /**
   * `layer`: one scale for the whole picture. `filter`: one a filter, where each is a tile, so that the patterns of weak
   * filters show too; those that are dead stay blank. @default 'filter'
   */
  readonly scale?: 'layer' | 'filter' | undefined
  /** In which order the network takes the colours of a photo. @default 'RGB' */
  readonly channels?: 'RGB' | 'BGR' | undefined
}

/** A picture of kernels. */
export interface KernelGrid extends Drawn {
  readonly layer: string
  /**
   * `colour`: a kernel of the first layer as the patch of colours that it answers to, grey is 0. `signed`: red above
   * zero, blue below, white is 0.
   */
  readonly kind: 'colour' | 'signed'
  /** Magnitude of the strongest colour: the largest weight of those shown, unless each filter has its own scale. */
  readonly most: number
  readonly scale: 'layer' | 'filter'
  /** Sides of a kernel, rows before columns. */
  readonly kernel: readonly [number, number]
  /** Those shown, and how many there are. */
  readonly filters: readonly number[]
  readonly filterCount: number
  /** Of a filter. */
  readonly inputs: readonly number[]
  readonly inputCount: number
  /** `filters` one a tile, in rows as they fit; `matrix` a row a filter, a column an input channel. */
  readonly layout: 'filters' | 'matrix'
  /** The kernels are those that the file's Focus (slices of every other pixel) and convolution make together. */
  readonly withFocus: boolean
}

const MAX_FILTERS = 64
const MAX_INPUTS = 32

/**
 * The kernels of a convolution, or the weights of a dense layer as a matrix.
 * @throws InputError `NOT_FOUND` for a layer that is not there, `USAGE` for one without kernels and for filters and
 *   inputs that it has not
 */
export function kernelGrid(model: Model, options: KernelGridOptions): KernelGrid {
  const layers = layersOf(model)
  const layer = layerNamed(layers, options.layer)
  const folded = behindFocus(model, layers, layer)
  const filters = folded ?? readFilters(layers, layer)
  const [rows, columns] = kernelSides(layer, filters)
  const inputCount = filters.size / (rows * columns)
  const isColour = inputCount === 3 && filters.groups === 1 && layer === firstConvolution(layers)
  const kernels: Kernels = {
    filters: chosen(options.filters, filters.count, MAX_FILTERS, 'filter'),
    inputs: isColour ? [0, 1, 2] : chosen(options.inputs, inputCount, MAX_INPUTS, 'input channel'),
    at: (filter: number, input: number, row: number, column: number) =>
      finite(filters.values[((filter * inputCount + input) * rows + row) * columns + column]!),
    rows,
    columns,
  }
  const isTiled = isColour || inputCount === 1
  const scale = isTiled ? (options.scale ?? 'filter') : 'layer'
  const most = Math.max(0, ...kernels.filters.map((filter) => largestOf(kernels, filter)))
  const scaleOf = (filter: number) => (scale === 'layer' ? most : ownScale(largestOf(kernels, filter), most))
  const drawn = isColour
    ? drawTiles(kernels, colours(kernels, scaleOf, options.channels ?? 'RGB'))
    : isTiled
      ? drawTiles(kernels, signs(kernels, scaleOf))
      : drawMatrix(kernels, most)
  return {
    ...drawn,
    layer: layer.name,
    kind: isColour ? 'colour' : 'signed',
    most,
    scale,
    kernel: [rows, columns],
    filters: kernels.filters,
    filterCount: filters.count,
    inputs: kernels.inputs,
    inputCount,
    layout: isTiled ? 'filters' : 'matrix',
    withFocus: folded !== undefined,
  }
}

/** A dead filter is shown on the scale of the others: enlarged, it would look as if it said something. */
const ownScale = (largest: number, most: number) => (largest < NEAR_ZERO * most ? most : largest)

function readFilters(layers: Layers, layer: Layer): Filters {
  const weight = weightOf(layer, layers)
  const refused = (why: string) => {
    return new InputError(
      'USAGE',
      `the layer ${JSON.stringify(layer.name)} (${layer.op}) has no kernels to show: ${why}`,
    )
  }
  if (!weight) throw refused('it has no weights. "fanlight inspect weights" lists the layers that have')
  const filters = filtersOf(layer, weight)
  if (typeof filters === 'string') throw refused(filters)
  return filters
}

const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose'])
const firstConvolution = ({ all }: Layers) => all.find(({ op }) => CONVOLUTIONS.has(op))

/** The first convolution's kernels in pixels of the image, where a Focus stands before it; else undefined. */
function behindFocus(model: Model, layers: Layers, layer: Layer): Filters | undefined {
  const [input] = signatureOf(model).inputs
  if (layer !== firstConvolution(layers) || !input) return undefined
  const editor = new GraphEditor(model)
  foldFocus(editor, input.name)
  const node = editor.producer(layer.node.output[0]!)
  if (!node || node === layer.node || node.input[0] !== input.name) return undefined
  const tensor = editor.initializer(node.input[1] ?? '')
  const filters = tensor && filtersOf({ op: node.opType, node }, { tensor, input: 1 })
  return typeof filters === 'object' ? filters : undefined
}

function kernelSides({ name, op }: Layer, { kernel }: Filters): readonly [number, number] {
  const [rows = 1, columns = kernel.length === 1 ? 1 : rows, more] = kernel
  if (more === undefined) return kernel.length === 1 ? [1, rows] : [rows, columns]
  const message = `the kernels of ${JSON.stringify(name)} (${op}) have ${kernel.length} axes, and pictures have two`
  throw new InputError('USAGE', `${message}: choose another layer`)
}

function chosen(wanted: readonly number[] | undefined, count: number, most: number, what: string): readonly number[] {
  const stray = wanted?.find((one) => !Number.isInteger(one) || one < 0 || one >= count)
  if (stray === undefined) return wanted ?? Array.from({ length: Math.min(count, most) }, (_, i) => i)
  throw new InputError('USAGE', `there is no ${what} ${stray}: this layer has 0 to ${count - 1}`)
}

const finite = (value: number) => (Number.isFinite(value) ? value : 0)
