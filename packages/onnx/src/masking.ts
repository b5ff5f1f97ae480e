import { InputError } from '@fanlight/ports'
import { int } from './attribute.ts'
import type { Model } from './codec.ts'
import { foldFocus } from './focus.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { quoted } from './quoted.ts'
import { opsetOf, signatureOf } from './signature.ts'
import { ElemType } from './tensor.ts'

/** The inputs that take the place of the image input. */
export const maskInputs = {
  /** [1 or N, 3, H, W]: the finished input tensor where nothing is kept; one for all masks, or one for each. */
  base: 'fanlight.base',
  /** [1 or N, 3, H, W]: the photo's tensor − base; 0 in the padding, which is never masked. */
  delta: 'fanlight.delta',
  /** [N, 1, H, R]: how much of each grid row each row of pixels takes. */
  ry: 'fanlight.ry',
  /** [N, 1, R, C]: the coalition, 1 = kept. */
  grid: 'fanlight.grid',
  /** [N, 1, C, W]: how much of each grid column each column of pixels takes. */
  rxt: 'fanlight.rxt',
} as const

export interface MaskedInput {
  readonly inputName: string
  /** Of the input tensor, in pixels. */
  readonly width: number
  readonly height: number
}

/**
 * The network with a mask before it: x = base + delta · M, M = Ry · G · Rxᵀ (docs/spec/masking.md). Only a grid of
 * numbers changes from one forward to the next, so that masking costs the network next to nothing. Where the network's
 * batch is open, N masks over one photo or over N photos are one forward. The new inputs are float32 whatever the
 * network's own.
 * @param model whose image input is [N, 3, H, W], float32 or float16
 * @throws InputError `MODEL_UNSUPPORTED` when the input is something else
 */
export function maskedModel(model: Model, { inputName, width, height }: MaskedInput): Model {
  const { batch, elemType } = imageInput(model, { inputName, width, height })
  const editor = new GraphEditor(model)
  for (const name of Object.values(maskInputs)) {
    if (editor.has(name)) throw unsupported(`has a value named ${quoted(name)} already`, 'Rename it')
  }
  editor.sealInitializers()
  foldFocus(editor, inputName)
  const [masks, bases, deltas] = batch === 1 ? [1, 1, 1] : ['masks', 'bases', 'deltas']
  editor.addInput(maskInputs.base, ElemType.FLOAT, [bases, 3, height, width])
  editor.addInput(maskInputs.delta, ElemType.FLOAT, [deltas, 3, height, width])
  editor.addInput(maskInputs.ry, ElemType.FLOAT, [masks, 1, height, 'rows'])
  editor.addInput(maskInputs.grid, ElemType.FLOAT, [masks, 1, 'rows', 'columns'])
  editor.addInput(maskInputs.rxt, ElemType.FLOAT, [masks, 1, 'columns', width])
  const value = (opType: string, ...inputs: string[]) => editor.addNode(opType, { inputs, at: 'start' })[0]!

  const mask = value('MatMul', value('MatMul', maskInputs.ry, maskInputs.grid), maskInputs.rxt)
  const masked = value('Mul', maskInputs.delta, mask)
  // The image keeps its name, and the rest of the graph its bytes.
  editor.removeInput(inputName)
  if (elemType === ElemType.FLOAT) {
    editor.addNode('Add', { inputs: [maskInputs.base, masked], outputs: [inputName], at: 'start' })
  } else {
    const sum = value('Add', maskInputs.base, masked)
    editor.addNode('Cast', { inputs: [sum], outputs: [inputName], attributes: { to: int(elemType) }, at: 'start' })
  }
  return editor.model
}

function imageInput(model: Model, { inputName, width, height }: MaskedInput): { batch: Dim; elemType: number } {
  const { inputs } = signatureOf(model)
  const input = inputs.find(({ name }) => name === inputName)
  if (input === undefined) {
    const names = inputs.map(({ name }) => quoted(name)).join(', ')
    throw unsupported(`has no input ${quoted(inputName)}`, `Its inputs are ${names}`)
  }
  const { shape, elemType } = input
  const wanted = [undefined, 3, height, width]
  const fits = shape?.length === 4 && shape.every((dim, i) => typeof dim !== 'number' || i === 0 || dim === wanted[i])
  if (!fits || (elemType !== ElemType.FLOAT && elemType !== ElemType.FLOAT16)) {
    const seen = `[${shape?.map((dim) => dim ?? '?').join(', ') ?? '?'}] of type ${elemType}`
    const remedy = `Export it with a float32 or float16 input of [1, 3, ${height}, ${width}]`
    throw unsupported(`has the input ${quoted(inputName)} ${seen}`, remedy)
  }
  // Before version 7, Add and Mul did not broadcast as they do now.
  if (opsetOf(model) < 7) throw unsupported(`uses operator set ${opsetOf(model)}`, 'Export it with opset 7 or later')
  return { batch: shape[0], elemType }
}

function unsupported(what: string, remedy: string): InputError {
  return new InputError('MODEL_UNSUPPORTED', `the model ${what}. ${remedy}`)
}
