import { InputError } from '@fanlight/ports'
import type { Model } from './codec.ts'
import { elemTypesIn } from './elem-types.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { quoted } from './quoted.ts'
import { ElemType } from './tensor.ts'

export interface ShapeProbe {
  /** With outputs that hold shapes only, whose names mean nothing. */
  readonly model: Model
  /** The shape of each value, of what one run gave. */
  read(outputs: Readonly<Record<string, ProbeOutput>>): ReadonlyMap<string, readonly number[]>
}

/** An output as onnxruntime gives it: int64, [rank]. */
export interface ProbeOutput {
  readonly dims: readonly number[]
  readonly data: unknown
}

const floats: ReadonlySet<number> = new Set([ElemType.FLOAT, ElemType.FLOAT16, ElemType.DOUBLE, ElemType.BFLOAT16])

/**
 * A model that gives the shapes of values instead of its outputs. Only a run knows them all.
 * @param model as `normalised` gives it
 * @param values to look at; those of another type than a float are left out.
 *   @default all inputs and all that nodes make
 */
export function shapeProbe(model: Model, values?: readonly string[]): ShapeProbe {
  const { input, node, initializer } = model.graph!
  const types = elemTypesIn(model)
  const held = new Map(initializer.map(({ name, dims }) => [name, dims.map(Number)]))
  const asked = values ?? [...input.map(({ name }) => name), ...node.flatMap(({ output }) => output)]
  const probed = asked.filter((name) => floats.has(types.get(name) ?? ElemType.UNDEFINED) && !held.has(name))
  const editor = new GraphEditor(model)
  editor.model.graph!.output = []
  const outputs = new Map(probed.map((name) => [name, editor.freshName('fanlight.shape')]))
  for (const [name, output] of outputs) {
    editor.addNode('Shape', { inputs: [name], outputs: [output] })
    editor.addOutput(output, ElemType.INT64, [undefined])
  }
  const isHeld = (name: string) => held.has(name) && (values === undefined || values.includes(name))
  const heldShapes = [...held].filter(([name]) => isHeld(name) && floats.has(types.get(name)!))
  return {
    model: editor.model,
    read: (given) =>
      new Map([...heldShapes, ...[...outputs].map(([name, output]) => [name, sizesIn(given[output], name)] as const)]),
  }
}

function sizesIn(output: ProbeOutput | undefined, name: string): readonly number[] {
  if (output?.data instanceof BigInt64Array) return Array.from(output.data, Number)
  throw new InputError('MODEL_OUTPUT_INVALID', `the network gave no shape for ${quoted(name)}. Run it on the CPU`)
}

/**
 * What a run with one image and one with two tell about the sizes: those that do not change are numbers, those that
 * follow the number of images are `batch` or `batch*K`, others are unknown. Values that change their rank are left out.
 */
export function openDims(
  atOne: ReadonlyMap<string, readonly number[]>,
  atTwo: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly Dim[]> {
  const open = new Map<string, readonly Dim[]>()
  for (const [name, one] of atOne) {
    const two = atTwo.get(name)
    if (two?.length === one.length)
      open.set(
        name,
        one.map((size, axis) => openDim(size, two[axis]!)),
      )
  }
  return open
}

function openDim(one: number, two: number): Dim {
  if (one === two) return one
  if (two !== 2 * one) return undefined
  return one === 1 ? 'batch' : `batch*${one}`
}
