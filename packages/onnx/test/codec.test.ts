import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  AttributeProto_AttributeType,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProto_DataLocation,
} from '../src/generated/onnx_pb.ts'
import { decodeModel, encodeModel, type Model, tensor } from '../src/index.ts'
import { fixture, fixtureNames } from './fixtures.ts'
import { smallModel } from './small-model.ts'

const bytesOf = (change: (model: Model) => void): Uint8Array => {
  const model = smallModel()
  change(model)
  return encodeModel(model)
}

for (const name of fixtureNames) {
  test(`${name} survives a round trip, unknown fields included`, async (t) => {
    const bytes = await fixture(name)
    if (!bytes) return t.skip('detector fixtures absent')
    // Our own encoder's bytes are a fixed point; field 999 is in no schema.
    const unknown = new BinaryWriter().tag(999, WireType.LengthDelimited).string('from the future').finish()
    const encoded = encodeModel(decodeModel(Buffer.concat([bytes, unknown])))
    assert.ok(Buffer.from(encodeModel(decodeModel(encoded))).equals(encoded))
    assert.ok(Buffer.from(encoded).includes('from the future'))
    assert.ok(equals(ModelProtoSchema, fromBinary(ModelProtoSchema, bytes), decodeModel(bytes)))
  })
}

test('unknown fields within nodes survive a round trip', () => {
  const model = smallModel()
  model.graph!.node[0]!.$unknown = [{ no: 500, wireType: WireType.Varint, data: Uint8Array.of(42) }]
  const again = decodeModel(encodeModel(model))
  assert.deepEqual(again.graph!.node[0]!.$unknown, model.graph!.node[0]!.$unknown)
})

test('a file cut at any byte is refused, and never crashes the reader', () => {
  const bytes = encodeModel(smallModel())
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => decodeModel(bytes.subarray(0, length)),
      { name: 'InputError', code: 'MODEL_INVALID' },
      `${length}`,
    )
  }
})

test('a cut-off file says so', async (t) => {
  const bytes = await fixture('yolox_nano')
  if (!bytes) return t.skip('detector fixtures absent')
  assert.throws(() => decodeModel(bytes.subarray(0, bytes.length / 2)), {
    message: /cut off or damaged.*claims.*are there/,
  })
})

test('a file with any one byte changed is read, or refused with a typed error', () => {
  const bytes = encodeModel(smallModel())
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 8]) {
      const damaged = bytes.slice()
      damaged[at] = value
      try {
        encodeModel(decodeModel(damaged))
      } catch (error) {
        assert.match((error as { code: string }).code, /^MODEL_(INVALID|UNSAFE)$/, `byte ${at} = ${value}`)
      }
    }
  }
})

test('what is not ONNX is named', () => {
  const text = (start: string) => Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(100)])
  const refused = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => decodeModel(bytes), { code: 'MODEL_INVALID', message })
  refused(new Uint8Array(), /an empty file/)
  refused(text('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer.*git lfs pull/)
  refused(text('\x89PNG\r\n'), /a PNG image/)
  refused(text('<!DOCTYPE html>'), /XML or HTML/)
  refused(text('\x1c\x00\x00\x00TFL3'), /TensorFlow Lite/)
  refused(text('PK\x03\x04…'), /a ZIP archive/)
  refused(text('\xde\xad\xbe\xef'), /104 bytes that begins with de ad be ef/)
})

test('a PyTorch checkpoint is answered with the command that exports it', () => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from('best/data.pkl')])
  const pickle = Uint8Array.of(0x80, 0x02, 0x8a, 0x0a)
  for (const bytes of [zip, pickle]) {
    assert.throws(() => decodeModel(bytes), {
      code: 'MODEL_INVALID',
      message: /PyTorch.*yolo export model=FILE\.pt format=onnx/,
    })
  }
})

test('external data is refused wherever it is, with the way to save one file', () => {
  const external = tensor('w', [0], new Float32Array())
  external.dataLocation = TensorProto_DataLocation.EXTERNAL
  const located = tensor('w', [0], new Float32Array())
  located.externalData = [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: '/etc/passwd' }]
  const constant = create(NodeProtoSchema, {
    opType: 'Constant',
    output: ['c'],
    attribute: [{ name: 'value', t: external }],
  })
  const within = create(NodeProtoSchema, {
    opType: 'If',
    attribute: [{ name: 'then_branch', g: { node: [constant] } }],
  })
  const files = [
    bytesOf((model) => model.graph!.initializer.push(external)),
    bytesOf((model) => model.graph!.initializer.push(located)),
    bytesOf((model) => model.graph!.node.push(within)),
    bytesOf((model) => model.functions.push(create(FunctionProtoSchema, { name: 'f', node: [within] }))),
    bytesOf((model) =>
      model.trainingInfo.push({
        $typeName: 'onnx.TrainingInfoProto',
        algorithm: create(GraphProtoSchema, { node: [within] }),
        initializationBinding: [],
        updateBinding: [],
      }),
    ),
  ]
  for (const bytes of files) {
    assert.throws(() => decodeModel(bytes), {
      code: 'MODEL_UNSAFE',
      message: /another file.*save_as_external_data=False/,
    })
  }
})

test('sparse initializers and attributes are refused', () => {
  const sparse = create(SparseTensorProtoSchema, { values: tensor('s', [0], new Float32Array()), dims: [1n << 60n] })
  const initializer = bytesOf((model) => model.graph!.sparseInitializer.push(sparse))
  const attribute = bytesOf((model) =>
    model.graph!.node.push(
      create(NodeProtoSchema, {
        opType: 'Constant',
        attribute: [{ name: 'sparse_value', type: AttributeProto_AttributeType.SPARSE_TENSOR, sparseTensor: sparse }],
      }),
    ),
  )
  for (const bytes of [initializer, attribute]) {
    assert.throws(() => decodeModel(bytes), { code: 'MODEL_UNSAFE', message: /"s" is sparse/ })
  }
})

test('an initializer that claims more or less than it holds is refused', () => {
  const refused = (change: (weights: ReturnType<typeof tensor>) => void, message: RegExp) => {
    const bytes = bytesOf((model) => change(model.graph!.initializer[0]!))
    assert.throws(() => decodeModel(bytes), { code: 'MODEL_INVALID', message })
  }
  refused((weights) => (weights.dims = [1n << 40n]), /"weights" of shape \[1099511627776\].*holds 24/)
  refused((weights) => (weights.dims = [5n]), /should hold 20 bytes, and holds 24/)
  refused((weights) => (weights.dims = [-6n]), /negative/)
  refused((weights) => (weights.floatData = [1]), /twice/)
  refused((weights) => (weights.dataType = 99), /unknown type 99/)
  refused((weights) => (weights.rawData = new Uint8Array()), /should hold 6 values, and holds 0/)
})

test('each element type is measured in its own bits', () => {
  // 6 elements of each type, as raw bytes.
  const bytesOfSix = { 1: 24, 2: 6, 7: 48, 9: 6, 10: 12, 11: 48, 15: 96, 16: 12, 21: 3, 22: 3, 25: 2, 27: 5 }
  for (const [type, length] of Object.entries(bytesOfSix)) {
    const withRaw = (bytes: number) =>
      bytesOf((model) => {
        const weights = model.graph!.initializer[0]!
        weights.dims = [6n]
        weights.dataType = Number(type)
        weights.rawData = new Uint8Array(bytes)
      })
    assert.doesNotThrow(() => decodeModel(withRaw(length)), `type ${type}`)
    assert.throws(() => decodeModel(withRaw(length + 1)), { code: 'MODEL_INVALID' }, `type ${type}`)
  }
})

test('functions may call each other, but not themselves, nor blow up', () => {
  const calling = (name: string, ...callees: string[]) =>
    create(FunctionProtoSchema, { name, domain: 'local', node: callees.map((opType) => ({ opType, domain: 'local' })) })
  const withFunctions = (...functions: ReturnType<typeof calling>[]) =>
    bytesOf((model) => {
      model.functions = functions
      model.graph!.node.push(create(NodeProtoSchema, { opType: 'f0', domain: 'local' }))
    })
  assert.doesNotThrow(() => decodeModel(withFunctions(calling('f0', 'f1', 'f1'), calling('f1', 'Relu'))))
  const recursive = [withFunctions(calling('f0', 'f0')), withFunctions(calling('f0', 'f1'), calling('f1', 'f0'))]
  for (const bytes of recursive) {
    assert.throws(() => decodeModel(bytes), { code: 'MODEL_UNSAFE', message: /calls itself/ })
  }
  const ten = (name: string) => Array.from({ length: 10 }, () => name)
  const laughs = Array.from({ length: 10 }, (_, i) => calling(`f${i}`, ...ten(`f${i + 1}`)))
  assert.throws(() => decodeModel(withFunctions(...laughs)), { code: 'MODEL_UNSAFE', message: /inlined/ })
})

test('limits hold before anything is built', () => {
  const bytes = encodeModel(smallModel())
  const refused = (limits: Parameters<typeof decodeModel>[1], message: RegExp) =>
    assert.throws(() => decodeModel(bytes, limits), { code: 'MODEL_UNSAFE', message })
  refused({ maxBytes: 10 }, /at most 10/)
  refused({ maxDepth: 3 }, /messages within messages/)
  refused({ maxMessages: 5 }, /messages/)
  refused({ maxNodes: 0 }, /nodes/)
  refused({ maxTensors: 0 }, /tensors/)
  const listed = bytesOf((model) => (model.graph!.node[0]!.attribute[0]!.ints = Array.from({ length: 100 }, () => 1n)))
  assert.throws(() => decodeModel(listed, { maxListedNumbers: 100 }), {
    code: 'MODEL_UNSAFE',
    message: /listed numbers/,
  })
})

test('a bomb of empty nodes is refused within seconds', () => {
  const graph = new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(bomb(20_000_000)).finish()
  const start = performance.now()
  assert.throws(() => decodeModel(graph), { code: 'MODEL_UNSAFE', message: /nodes/ })
  assert.ok(performance.now() - start < 5000)
})

test('graphs within graphs beyond the limit are refused, not overflowed', () => {
  let node = create(NodeProtoSchema, { opType: 'Relu' })
  for (let depth = 0; depth < 40; depth++) {
    node = create(NodeProtoSchema, { opType: 'If', attribute: [{ name: 'then_branch', g: { node: [node] } }] })
  }
  const bytes = bytesOf((model) => model.graph!.node.push(node))
  assert.throws(() => decodeModel(bytes), { code: 'MODEL_UNSAFE', message: /messages within messages/ })
})

test('a field that comes twice is read once for all: onnxruntime sees what was checked', () => {
  // Two graphs, which C++ parsers merge and others replace.
  const twice = Buffer.concat([toBinary(ModelProtoSchema, smallModel()), toBinary(ModelProtoSchema, smallModel())])
  const model = decodeModel(twice)
  assert.deepEqual(decodeModel(encodeModel(model)), model)
})

/** That many empty nodes, in two bytes each. */
function bomb(nodes: number): Uint8Array {
  const bytes = new Uint8Array(nodes * 2)
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = (1 << 3) | WireType.LengthDelimited
  return bytes
}
