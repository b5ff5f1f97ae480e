import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FunctionProtoSchema, GraphProtoSchema, NodeProtoSchema } from '../../src/generated/onnx_pb.ts'
import { ElemType, encodeModel, type GraphEditor, type Model, normalised, tensor } from '../../src/index.ts'
import { built } from './running.ts'

const dims = [1, 2]
const only = (opType: string, domain = '', name = 'here'): Model =>
  built(17, dims, (editor) => {
    editor.addNode(opType, { inputs: ['image'], outputs: ['output'] })
    Object.assign(editor.model.graph!.node[0]!, { domain, name })
  })

function refused(model: Model, message: RegExp, code = 'MODEL_UNSUPPORTED') {
  assert.throws(() => normalised(model), { code, message })
}

test('quantised operators are refused with the remedy', () => {
  const types = ['QLinearConv', 'ConvInteger', 'MatMulInteger', 'DynamicQuantizeLinear', 'QuantizeLinear']
  for (const type of [...types, 'DequantizeLinear']) {
    refused(only(type), new RegExp(`^the "${type}" node "here" is quantised; give the float model$`))
  }
  refused(only('QLinearAdd', 'com.microsoft'), /is quantised/)
})

test('operators that are not ONNX’s own are refused with their domain', () => {
  refused(
    only('FusedConv', 'com.microsoft'),
    /"FusedConv" node "here" is of the domain "com\.microsoft".*before onnxruntime/,
  )
  refused(only('EfficientNMS_TRT', 'TRT'), /domain "TRT".*without custom operators/)
  refused(only('Bad\u001b[31m', 'x\n', ''), /"Bad\\u001b\[31m" node that makes "output" is of the domain "x\\n"/)
  const calls = only('Block', 'own')
  calls.functions = [create(FunctionProtoSchema, { name: 'Block', domain: 'own' })]
  refused(calls, /Inline the model’s functions/)
})

test('the second name of ONNX’s own domain is no other domain', () => {
  const model = only('Relu', 'ai.onnx')
  model.opsetImport[0]!.domain = 'ai.onnx'
  const { graph, opsetImport } = normalised(model)
  assert.deepEqual([graph!.node[0]!.domain, opsetImport[0]!.domain], ['', ''])
  assert.equal(model.graph!.node[0]!.domain, 'ai.onnx')
})

test('what no output depends on is no reason to refuse', () => {
  const model = built(17, dims, (editor) => {
    editor.addInitializer(tensor('dead', [1], Float32Array.of(1)))
    editor.addNode('QuantizeLinear', { inputs: ['image', 'dead'], outputs: ['nowhere'] })
    editor.addNode('Relu', { inputs: ['image'], outputs: ['output'] })
  })
  const { node, initializer } = normalised(model).graph!
  assert.deepEqual([node.map(({ opType }) => opType), initializer], [['Relu'], []])
})

test('loops, and branches that only a run decides, are refused', () => {
  const body = create(GraphProtoSchema, { node: [{ opType: 'Relu', input: ['image'], output: ['r'] }] })
  for (const type of ['Loop', 'Scan', 'If']) {
    const model = only(type)
    const attribute = create(NodeProtoSchema, { attribute: [{ name: 'body', g: body }] }).attribute
    Object.assign(model.graph!.node[0]!, { attribute })
    refused(model, new RegExp(`"${type}" node "here" runs a subgraph.*onnxsim`))
  }
})

test('sizes that would take gigabytes are refused before anything runs', () => {
  const declared = (build: (editor: GraphEditor) => void) => built(17, dims, build)
  const shape = (...sizes: readonly bigint[]) => tensor('sizes', [sizes.length], BigInt64Array.from(sizes))
  const huge = declared((editor) => {
    editor.addInput('second', ElemType.FLOAT, ['batch', 3, 2 ** 20, 2 ** 20])
    editor.addNode('Sum', { inputs: ['image', 'second'], outputs: ['output'] })
  })
  refused(huge, /the input "second" declares \[3, 1048576, 1048576\] values; at most 268435456/, 'MODEL_UNSAFE')
  const expanded = declared((editor) => {
    editor.addInitializer(shape(2n ** 16n, 2n ** 16n))
    editor.addNode('Expand', { inputs: ['image', 'sizes'], outputs: ['output'] })
  })
  refused(expanded, /"Expand" node that makes "output" declares \[65536, 65536\]/, 'MODEL_UNSAFE')
  assert.throws(() => normalised(only('Relu'), { maxElements: 1 }), { code: 'MODEL_UNSAFE' })
  assert.doesNotThrow(() => normalised(only('Relu'), { maxElements: 2 }))
})

test('malformed nodes are left for onnxruntime to refuse', () => {
  const types = ['Slice', 'Pad', 'Clip', 'Upsample', 'Resize', 'Softmax', 'TopK', 'Squeeze', 'Identity', 'Dropout']
  for (const type of [...types, 'Reshape', 'Concat', 'Expand', 'Constant', 'If', 'ConstantOfShape', 'Where', 'Cast']) {
    for (const inputs of [[], [''], ['', 'image']]) {
      const model = built(9, dims, (editor) => {
        editor.addNode(type, { inputs, outputs: ['output'] })
        editor.addNode(type, { inputs, outputs: [] })
        editor.addNode(type, { inputs, outputs: ['', 'second'] })
        editor.addOutput('output', ElemType.FLOAT, [])
        editor.addOutput('second', ElemType.FLOAT, [])
      })
      assert.doesNotThrow(() => encodeModel(normalised(model)), type)
    }
  }
})
