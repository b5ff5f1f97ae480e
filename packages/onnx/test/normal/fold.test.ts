import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attribute, ElemType, type GraphEditor, int, integersIn, normalised, tensor } from '../../src/index.ts'
import { assertSame, built, opTypesIn, randomImage } from './running.ts'

const dims = [2, 3]
const feeds = { image: randomImage(dims) }
const cast = { to: int(ElemType.FLOAT) }

/** Adds `image` to what is computed from constants: a = [4, −2, 3], b = [3, −2, 1] and others. */
function computed(
  build: (add: (opType: string, inputs: readonly string[], attributes?: Record<string, Attribute>) => string) => string,
) {
  return built(17, dims, (editor: GraphEditor) => {
    const held = (name: string, ...values: readonly bigint[]) =>
      editor.addInitializer(tensor(name, [values.length], BigInt64Array.from(values)))
    held('a', 4n, -2n, 3n)
    held('b', 3n, -2n, 1n)
    held('two', 2n)
    held('zero', 0n)
    held('end', 2n ** 63n - 1n)
    held('list', -1n)
    editor.addInitializer(tensor('one', [], BigInt64Array.of(1n)))
    editor.addInitializer(tensor('last', [], BigInt64Array.of(-1n)))
    const result = build((opType, inputs, attributes = {}) => editor.addNode(opType, { inputs, attributes })[0]!)
    editor.addNode('Cast', { inputs: [result], outputs: ['number'], attributes: cast })
    editor.addNode('Add', { inputs: ['image', 'number'], outputs: ['output'] })
  })
}

type Add = Parameters<Parameters<typeof computed>[0]>[0]

const cases: Readonly<Record<string, (add: Add) => string>> = {
  'Add, Sub, Mul and Div': (add) => add('Div', [add('Mul', [add('Add', ['a', 'b']), 'a']), add('Sub', ['two', 'b'])]),
  'Equal and Where': (add) => add('Where', [add('Equal', ['a', 'b']), 'one', 'a']),
  'Less, Greater, Or, And and Not': (add) =>
    add('Where', [
      add('And', [
        add('Not', [add('Less', ['a', 'one'])]),
        add('Or', [add('Greater', ['a', 'b']), add('Equal', ['a', 'b'])]),
      ]),
      'a',
      'two',
    ]),
  'Gather from behind, Unsqueeze and Concat': (add) =>
    add('Concat', [add('Unsqueeze', [add('Gather', ['a', 'last']), 'zero']), 'two', 'two'], { axis: int(0) }),
  'Slice, Squeeze and Reshape': (add) =>
    add('Mul', [add('Slice', ['a', 'two', 'end']), add('Reshape', [add('Squeeze', ['two']), 'list'])]),
  'ConstantOfShape and Cast': (add) => {
    const value: Attribute = { type: 4, t: tensor('', [1], BigInt64Array.of(5n)) }
    const three = add('Add', ['two', 'one'])
    return add('Cast', [add('Cast', [add('ConstantOfShape', [three], { value })], { to: int(9) })], { to: int(7) })
  },
}

for (const [title, build] of Object.entries(cases)) {
  test(`${title} of constants are folded to what onnxruntime computes`, async () => {
    const normal = await assertSame(computed(build), feeds)
    assert.deepEqual(opTypesIn(normal), ['Cast', 'Add'])
  })
}

test('what depends on the image, or is divided by zero, is left to onnxruntime', () => {
  const depends = computed((add) => add('Mul', [add('Gather', [add('Shape', ['image']), 'one']), 'two']))
  assert.deepEqual(opTypesIn(normalised(depends)), ['Shape', 'Gather', 'Mul', 'Cast', 'Add'])
  const divided = computed((add) => add('Div', ['a', 'zero']))
  assert.deepEqual(opTypesIn(normalised(divided)), ['Div', 'Cast', 'Add'])
})

test('a shape of millions of entries is not made', () => {
  const huge = computed((add) =>
    add('ConstantOfShape', ['huge'], { value: { type: 4, t: tensor('', [1], BigInt64Array.of(1n)) } }),
  )
  huge.graph!.initializer.push(tensor('huge', [1], BigInt64Array.of(2n ** 27n)))
  assert.deepEqual(opTypesIn(normalised(huge)), ['ConstantOfShape', 'Cast', 'Add'])
})

test('integers beyond 2⁵³ are folded exactly', () => {
  const model = computed((add) => add('Sub', ['end', 'one']))
  const held = normalised(model).graph!.initializer.find(({ name }) => name === 'Sub')!
  const view = new DataView(held.rawData.slice().buffer)
  assert.equal(view.getBigInt64(0, true), 2n ** 63n - 2n)
  assert.deepEqual(integersIn(held)?.length, 1)
})
