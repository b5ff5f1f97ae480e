import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeNpy, encodeNpy } from '../src/index.ts'

// numpy 2.4: np.save(f, np.array([[0, 1, -2.5], [3e38, 1e-45, 0.1]], '<f4'))
const saved = Buffer.concat([
  Buffer.from('934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a20', 'hex'),
  Buffer.from("False, 'shape': (2, 3), }"),
  Buffer.from(`${' '.repeat(58)}\n`),
  Buffer.from('000000000000803f000020c0e6b1617f01000000cdcccc3d', 'hex'),
])
const values = Float32Array.of(0, 1, -2.5, 3e38, 1e-45, 0.1)

test('the bytes are those that numpy saves', () => {
  assert.equal(saved.length, 128 + 24)
  assert.deepEqual(Buffer.from(encodeNpy(values, [2, 3])), saved)
})

test('what was written is read, whatever the shape and the alignment', () => {
  for (const shape of [[6], [2, 3], [1, 2, 3], [6, 1]]) {
    const bytes = encodeNpy(values, shape)
    assert.equal((bytes.length - 24) % 64, 0)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    assert.deepEqual(decodeNpy(shifted.subarray(1)), { data: values, shape })
  }
  assert.deepEqual(decodeNpy(encodeNpy(Float32Array.of(5), [])), { data: Float32Array.of(5), shape: [] })
  assert.deepEqual(decodeNpy(encodeNpy(new Float32Array(), [0, 4])).shape, [0, 4])
})

test('values that do not fill the shape are a mistake of the caller', () => {
  assert.throws(() => encodeNpy(values, [2, 2]), RangeError)
})

test('hostile files are refused', () => {
  const changed = (from: string, to: string) => Buffer.from(saved.toString('latin1').replace(from, to), 'latin1')
  const refused = [
    Buffer.alloc(0),
    Buffer.from('\x93NUMPY'),
    saved.subarray(0, 60),
    saved.subarray(0, -1),
    Buffer.concat([saved, Buffer.alloc(4)]),
    changed('\x01\x00v', '\x02\x00v'),
    changed('<f4', '>f4'),
    changed("'<f4'", "'|O' "),
    changed('False', 'True '),
    changed('(2, 3)', '(9, 9)'),
    changed('(2, 3), }         ', '(2, 99999999999), }'),
    changed('(2, 3)', '(-2, 3'),
    changed('(2, 3), }', '(2, 3), } #'),
  ]
  for (const bytes of refused) assert.throws(() => decodeNpy(bytes), { code: 'ARTIFACT_CORRUPT' })
})
