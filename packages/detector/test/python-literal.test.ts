import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePythonLiteral } from '../src/python-literal.ts'

test('what str() makes of names, sizes and flags is read', () => {
  assert.deepEqual(
    parsePythonLiteral(`{0: 'person', 1: "driver's seat", 2: 'caf\\xe9 \\u20ac \\U0001f600'}`),
    new Map<number, string>([
      [0, 'person'],
      [1, "driver's seat"],
      [2, 'café € 😀'],
    ]),
  )
  assert.deepEqual(parsePythonLiteral('[640, 480]'), [640, 480])
  assert.deepEqual(
    parsePythonLiteral("{'batch': 1, 'half': False, 'int8': None, 'nms': True}"),
    new Map<string, unknown>([
      ['batch', 1],
      ['half', false],
      ['int8', null],
      ['nms', true],
    ]),
  )
  assert.deepEqual(parsePythonLiteral('((17, 3), (1,), (), (2))'), [[17, 3], [1], [], 2])
  assert.deepEqual(parsePythonLiteral('[-1.5e-3, .5, 1., +2]'), [-0.0015, 0.5, 1, 2])
  assert.equal(parsePythonLiteral(String.raw`'a\\b\n\'\0\q'`), "a\\b\n'\0\\q")
})

test('a key named __proto__ is a key like any other', () => {
  const value = parsePythonLiteral("{'__proto__': {'polluted': True}, 'constructor': 1}")
  assert.ok(value instanceof Map && value.size === 2)
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

const refused = {
  'a call': "__import__('os').system('id')",
  'a name': 'person',
  'an expression': '1 + 1',
  'a string without an end': "{0: 'person",
  'a string over two lines': "'a\nb'",
  'an open list': '[1, 2',
  'a lone comma': '[,]',
  'two commas': '[1,,2]',
  'a dict without a value': '{0}',
  'text after the value': '[1] [2]',
  'a broken escape': String.raw`'\x4'`,
  'an escape beyond Unicode': String.raw`'\UFFFFFFFF'`,
  nothing: '',
}

for (const [what, text] of Object.entries(refused)) {
  test(`${what} is refused`, () => {
    assert.throws(() => parsePythonLiteral(text), SyntaxError)
  })
}

test('a million brackets are refused at once, and so is text without end', () => {
  const start = performance.now()
  assert.throws(() => parsePythonLiteral('['.repeat(1_000_000)), /nesting/)
  assert.throws(() => parsePythonLiteral(`'${'a'.repeat(5_000_000)}'`), /too long/)
  assert.ok(performance.now() - start < 500)
})

test('a hundred thousand names take no noticeable time', () => {
  const text = `{${Array.from({ length: 100_000 }, (_, i) => `${i}: 'name \\'${i}\\''`).join(', ')}}`
  const start = performance.now()
  const value = parsePythonLiteral(text)
  assert.ok(value instanceof Map && value.get(99_999) === "name '99999'")
  assert.ok(performance.now() - start < 2000)
})
