import { decodeModel, ElemType, encodeModel, GraphEditor, int, newModel, tensor } from '@fanlight/onnx'
import { brightDetector, type Parts } from './bright-detector.ts'

// Detectors that onnxruntime runs, each with something inside that a gradient may stumble over.

const GRAPH = 5

/** A pair of QuantizeLinear and DequantizeLinear, as quantising exporters put around every layer. */
export const quantised = (): Uint8Array => brightDetector({ middle: quantise })

function quantise({ editor, value, constant }: Parts): string {
  const scale = constant('step', [], Float32Array.of(1 / 255))
  const [small] = editor.addNode('QuantizeLinear', { inputs: [value, scale] })
  return editor.addNode('DequantizeLinear', { inputs: [small!, scale] })[0]!
}

/** An If on what the photo shows: both branches give the same. */
export const branching = (): Uint8Array => brightDetector({ middle: branch })

function branch({ editor, value, constant }: Parts): string {
  const [most] = editor.addNode('ReduceMax', { inputs: [value], attributes: { keepdims: int(0) } })
  const [isBright] = editor.addNode('Greater', { inputs: [most!, constant('half', [], Float32Array.of(0.5))] })
  const same = (name: string) => {
    const body = new GraphEditor(newModel({ name, opset: 17, producer: 'test' }))
    body.addNode('Identity', { inputs: [value], outputs: [`${name} value`] })
    body.addOutput(`${name} value`, ElemType.FLOAT, [1, 3, 8, 8])
    return { type: GRAPH, g: body.model.graph! } as const
  }
  const attributes = { then_branch: same('then'), else_branch: same('else') }
  return editor.addNode('If', { inputs: [isBright!], outputs: ['chosen'], attributes })[0]!
}

/** A Loop of two rounds that change nothing. */
export const looping = (): Uint8Array => brightDetector({ middle: loop })

function loop({ editor, value }: Parts): string {
  const body = new GraphEditor(newModel({ name: 'body', opset: 17, producer: 'test' }))
  body.addInput('round', ElemType.INT64, [])
  body.addInput('on', ElemType.BOOL, [])
  body.addInput('carried', ElemType.FLOAT, [1, 3, 8, 8])
  body.addNode('Identity', { inputs: ['on'], outputs: ['still on'] })
  body.addNode('Identity', { inputs: ['carried'], outputs: ['next'] })
  body.addOutput('still on', ElemType.BOOL, [])
  body.addOutput('next', ElemType.FLOAT, [1, 3, 8, 8])
  const rounds = editor.addInitializer(tensor('rounds', [], BigInt64Array.of(2n)))
  const attributes = { body: { type: GRAPH, g: body.model.graph! } } as const
  return editor.addNode('Loop', { inputs: [rounds, '', value], outputs: ['looped'], attributes })[0]!
}

/** An operator of another domain: of onnxruntime's own, or of one that nobody knows. */
export const foreign = (domain: string, opType: string): Uint8Array =>
  edited(
    brightDetector({ middle: ({ editor, value }) => editor.addNode(opType, { inputs: [value] })[0]! }),
    (model) => {
      model.graph!.node.find((node) => node.opType === opType)!.domain = domain
      model.opsetImport.push({ $typeName: 'onnx.OperatorSetIdProto', domain, version: 1n })
    },
  )

/** An operator of ONNX itself that has no rule. */
export const unruly = (): Uint8Array =>
  brightDetector({
    middle({ editor, value, constant }) {
      const [determinants] = editor.addNode('Det', { inputs: [value], outputs: ['determinants'] })
      const [column] = editor.addNode('Reshape', {
        inputs: [determinants!, editor.addInitializer(tensor('as picture', [4], BigInt64Array.of(1n, 3n, 1n, 1n)))],
      })
      const none = constant('none', [], Float32Array.of(0))
      return editor.addNode('Add', { inputs: [value, editor.addNode('Mul', { inputs: [column!, none] })[0]!] })[0]!
    },
  })

/** A part in float16, as exports of half precision have them. */
export const halfPrecise = (): Uint8Array => brightDetector({ middle: half })

function half({ editor, value }: Parts): string {
  const cast = (input: string, to: ElemType) =>
    editor.addNode('Cast', { inputs: [input], attributes: { to: int(to) } })[0]!
  const factor = cast(editor.addInitializer(tensor('factor', [], Float32Array.of(1))), ElemType.FLOAT16)
  const [product] = editor.addNode('Mul', { inputs: [cast(value, ElemType.FLOAT16), factor] })
  return cast(product!, ElemType.FLOAT)
}

/** A value that is made of itself. */
export const circular = (): Uint8Array =>
  edited(brightDetector({ layers: 3 }), ({ graph }) => {
    graph!.node.find(({ output }) => output[0] === 'conv 0')!.input[0] = 'conv 2'
  })

/** A value that nobody makes. */
export const dangling = (): Uint8Array =>
  edited(brightDetector(), ({ graph }) => {
    graph!.node.find(({ output }) => output[0] === 'conv 0')!.input[0] = 'nobody makes this'
  })

/** A value in the middle that is declared to take 4 GB. */
export const boastful = (): Uint8Array =>
  edited(brightDetector(), ({ graph }) => {
    const elsewhere = new GraphEditor(newModel({ name: 'elsewhere', opset: 17, producer: 'test' }))
    elsewhere.addOutput('conv 0', ElemType.FLOAT, [1, 3, 20_000, 18_000])
    graph!.valueInfo.push(...elsewhere.model.graph!.output)
  })

type Model = ReturnType<typeof decodeModel>

function edited(bytes: Uint8Array, edit: (model: Model) => void): Uint8Array {
  const model = decodeModel(bytes)
  edit(model)
  return encodeModel(model)
}
