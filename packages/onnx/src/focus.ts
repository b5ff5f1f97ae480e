import { attributeOf, ints } from './attribute.ts'
import type { NodeProto, TensorProto } from './generated/onnx_pb.ts'
import type { GraphEditor } from './graph.ts'
import { float32In, integersIn, tensor } from './tensor.ts'

// YOLOX's and early YOLOv5's Focus: the four phases of each 2 × 2 pixels become channels,
//
//   x'[b·C + c, Y, X] = x[c, 2Y + yᵦ, 2X + xᵦ]
//
// and a convolution of x' is one of x with twice the kernel, stride and padding (as in YOLOv5 6.0):
//
//   Σ W[o, b·C + c, i, j] · x'[b·C + c, sY + i − p, sX + j − p] = Σ W'[o, c, 2i + yᵦ, 2j + xᵦ] · x[c, 2sY + (2i + yᵦ) − 2p, …]

const STEP = 2
const PHASES = STEP * STEP
/** Axes of [N, C, H, W]. */
const ROWS = 2
const COLUMNS = 3

/** Which rows and columns are kept: 0 even, 1 odd, undefined all. */
interface Phase {
  readonly row?: number
  readonly column?: number
}

export interface FocusStem {
  readonly slices: readonly NodeProto[]
  readonly concat: NodeProto
  /** Of each group of channels that the Concat makes. */
  readonly phases: readonly Required<Phase>[]
}

/** The Focus that takes the input, and all there is that takes it; undefined when there is none. */
export function focusStemOf(editor: GraphEditor, inputName: string): FocusStem | undefined {
  const phases = new Map<string, Phase>([[inputName, {}]])
  const slices: NodeProto[] = []
  let concat: NodeProto | undefined
  // Grows as it is walked: exporters write a slice of both axes as one node, or as two in a row.
  for (const [value, phase] of phases) {
    for (const node of editor.consumers(value)) {
      const isSlice = isA('Slice', node) && node.input[0] === value
      const sliced = isSlice ? slicedPhase(editor, node, phase) : undefined
      if (sliced !== undefined && slices.length < 2 * PHASES) {
        slices.push(node)
        phases.set(node.output[0]!, sliced)
      } else if (isA('Concat', node) && (concat === undefined || concat === node)) concat = node
      else return undefined
    }
  }
  const joined = concat?.input.map((name) => phases.get(name))
  if (concat === undefined || joined?.length !== PHASES || !joined.every(isWhole)) return undefined
  const kinds = new Set(joined.map(({ row, column }) => STEP * row + column))
  const axis = Number(attributeOf(concat, 'axis')?.i)
  return kinds.size === PHASES && (axis === 1 || axis === -3) ? { slices, concat, phases: joined } : undefined
}

function isA(opType: string, node: NodeProto): boolean {
  return node.opType === opType && (node.domain === '' || node.domain === 'ai.onnx')
}

function isWhole(phase: Phase | undefined): phase is Required<Phase> {
  return phase?.row !== undefined && phase.column !== undefined
}

function slicedPhase(editor: GraphEditor, slice: NodeProto, phase: Phase): Phase | undefined {
  const [starts, ends, axes, steps] = slice.input.slice(1).map((name) => fewIntegers(editor.constant(name)))
  if (!starts || !ends || !axes || !steps || starts.length !== axes.length) return undefined
  let { row, column } = phase
  for (const [i, signedAxis] of axes.entries()) {
    const axis = signedAxis < 0 ? signedAxis + 4 : signedAxis
    const start = starts[i]
    // Exporters write the largest integer for "to the end".
    if (steps[i] !== STEP || (start !== 0 && start !== 1) || !(ends[i]! >= 2 ** 31 - 1)) return undefined
    if (axis === ROWS && row === undefined) row = start
    else if (axis === COLUMNS && column === undefined) column = start
    else return undefined
  }
  return { ...(row !== undefined && { row }), ...(column !== undefined && { column }) }
}

function fewIntegers(tensor: TensorProto | undefined): readonly number[] | undefined {
  return tensor?.dims.length === 1 && tensor.dims[0]! <= 2n ? integersIn(tensor) : undefined
}

/**
 * Takes a Focus out of the network by widening the convolution behind it: the same numbers but for rounding, and a
 * twentieth of a small network's time. Leaves the graph as it is where there is no Focus, or something else behind it.
 */
export function foldFocus(editor: GraphEditor, inputName: string): void {
  const stem = focusStemOf(editor, inputName)
  if (stem === undefined) return
  const [convolution, another] = editor.consumers(stem.concat.output[0]!)
  const inner = [...stem.slices, stem.concat].flatMap(({ output }) => output)
  if (convolution === undefined || another !== undefined || inner.some((name) => editor.isOutput(name))) return
  const wide = widened(editor, convolution, stem)
  if (wide === undefined) return
  const weights = editor.addInitializer(tensor(editor.freshName('fanlight.focus'), wide.dims, wide.weights))
  const inputs = [inputName, weights, ...convolution.input.slice(2)]
  const { attributes } = wide
  editor.addNode('Conv', { inputs, outputs: convolution.output, attributes, at: convolution })
  editor.removeNodes([...stem.slices, stem.concat, convolution])
}

function widened(editor: GraphEditor, convolution: NodeProto, { concat, phases }: FocusStem) {
  const [, weightsName, biasName] = convolution.input
  const weights = editor.initializer(weightsName ?? '')
  const values = weights && float32In(weights)
  const [outputs, inputs, height, width] = weights?.dims.map(Number) ?? []
  const channels = inputs! / PHASES
  const plain = ['kernel_shape', 'strides', 'pads', 'group', 'dilations', 'auto_pad']
  if (
    !isA('Conv', convolution) ||
    convolution.input[0] !== concat.output[0] ||
    values === undefined ||
    weights?.dims.length !== 4 ||
    !Number.isInteger(channels) ||
    (biasName !== undefined && editor.initializer(biasName) === undefined) ||
    convolution.attribute.some(({ name }) => !plain.includes(name)) ||
    Number(attributeOf(convolution, 'group')?.i ?? 1) !== 1 ||
    attributeOf(convolution, 'dilations')?.ints.some((dilation) => dilation !== 1n) ||
    !['', 'NOTSET'].includes(new TextDecoder().decode(attributeOf(convolution, 'auto_pad')?.s))
  ) {
    return undefined
  }
  const dims = [outputs!, channels, STEP * height!, STEP * width!]
  const wide = new Float32Array(values.length)
  for (let at = 0; at < values.length; at++) {
    const x = at % width!
    const y = Math.floor(at / width!) % height!
    const input = Math.floor(at / (width! * height!)) % inputs!
    const output = Math.floor(at / (width! * height! * inputs!))
    const { row, column } = phases[Math.floor(input / channels)]!
    const plane = output * channels + (input % channels)
    wide[(plane * dims[2]! + STEP * y + row) * dims[3]! + STEP * x + column] = values[at]!
  }
  const doubled = (name: string, otherwise: number[]) =>
    ints(...(attributeOf(convolution, name)?.ints.map(Number) ?? otherwise).map((size) => STEP * size))
  const attributes = {
    kernel_shape: ints(dims[2]!, dims[3]!),
    strides: doubled('strides', [1, 1]),
    pads: doubled('pads', [0, 0, 0, 0]),
  }
  return { dims, weights: wide, attributes }
}
