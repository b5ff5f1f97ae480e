import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ElemType, int, type Model } from '@fanlight/onnx'
import { statisticsOf, weightsOf } from '../src/index.ts'
import { fixture, fixturesAbsent, handBuilt, held, scattered } from './hand-built.ts'

const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`)

const convolution = (dims: readonly number[], values: readonly number[], group = 1): Model =>
  handBuilt((editor) => {
    held(editor, 'w', dims, values)
    editor.addNode('Conv', { inputs: ['images', 'w'], outputs: ['out'], attributes: { group: int(group) } })
  }, dims[1]! * group)

suite('the statistics of weights', () => {
  test('are those of the numbers', () => {
    const stats = statisticsOf(Float32Array.of(-3, -1, 0, 0.0015, 2, 4))
    assert.deepEqual([stats.count, stats.notFinite, stats.min, stats.max], [6, 0, -3, 4])
    close(stats.mean, 2.0015 / 6)
    // Var = E[x²] − mean², by hand.
    close(stats.deviation, Math.sqrt((9 + 1 + 0.0015 ** 2 + 4 + 16) / 6 - (2.0015 / 6) ** 2))
    close(stats.l1, 10.0015)
    close(stats.l2, Math.sqrt(30 + 0.0015 ** 2))
    close(stats.positiveMass, 6.0015)
    close(stats.negativeMass, 4)
    close(stats.nearZeroShare, 2 / 6)
  })

  test('have a histogram around zero that holds every number once', () => {
    const { histogram } = statisticsOf(Float32Array.of(-4, -0.01, 0, 0.01, 3.99, 4))
    assert.deepEqual([histogram.from, histogram.to], [-4, 4])
    assert.equal(histogram.counts[0], 1)
    assert.equal(histogram.counts[20], 3)
    assert.equal(histogram.counts[40], 2)
    assert.equal(
      histogram.counts.reduce((sum, count) => sum + count),
      6,
    )
  })

  test('leave out what is not finite, and say how much it was', () => {
    const stats = statisticsOf(Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, -1))
    assert.deepEqual([stats.count, stats.notFinite, stats.mean, stats.l1, stats.max], [4, 2, 0, 2, 1])
  })

  test('of zeros, and of nothing, are zeros', () => {
    const zeros = statisticsOf(new Float32Array(5))
    assert.deepEqual([zeros.nearZeroShare, zeros.deviation, zeros.l2, zeros.min], [1, 0, 0, 0])
    assert.equal(zeros.histogram.counts[20], 5)
    assert.deepEqual(statisticsOf(new Float32Array(0)).count, 0)
  })
})

suite('filters that could go', () => {
  const first = scattered(9)
  const second = scattered(18).slice(9)

  test('are dead when all their weights are near zero by the layer’s largest', () => {
    const values = [...first, ...first.map((value) => value * 1e-5), ...second, ...second.map(() => 0)]
    const [layer] = weightsOf(convolution([4, 1, 3, 3], values)).layers
    assert.deepEqual([layer!.filters, layer!.deadFilters, layer!.dead], [4, 2, [1, 3]])
  })

  test('are not dead for numbers that are not finite, in themselves or in others', () => {
    const broken = first.with(0, Number.NaN)
    const vast = second.with(3, Number.POSITIVE_INFINITY)
    const values = [...first, ...broken, ...vast, ...first.map(() => 0)]
    const [layer] = weightsOf(convolution([4, 1, 3, 3], values)).layers
    assert.deepEqual([layer!.dead, layer!.duplicateFilters, layer!.notFinite], [[3], 0, 2])
  })

  test('are duplicates of an earlier one up to a positive scale, not of its negative', () => {
    const values = [first, second, first.map((value) => 3 * value), first.map((value) => -value)].flat()
    const [layer] = weightsOf(convolution([4, 1, 3, 3], values)).layers
    assert.equal(layer!.duplicateFilters, 1)
    assert.deepEqual(layer!.duplicates, [[0, 2]])
  })

  test('are compared within a group only: others look at other channels', () => {
    const values = [...first, ...first]
    const [grouped] = weightsOf(convolution([2, 1, 3, 3], values, 2)).layers
    assert.equal(grouped!.duplicateFilters, 0)
    const [together] = weightsOf(convolution([2, 1, 3, 3], values)).layers
    assert.equal(together!.duplicateFilters, 1)
  })

  test('are not asked for where filters are too short to differ', () => {
    const [layer] = weightsOf(convolution([4, 2, 1, 1], scattered(8))).layers
    assert.equal(layer!.duplicateFilters, null)
  })

  test('cosines on both sides of 0.999 are told apart', () => {
    const turned = (angle: number) => [Math.cos(angle), Math.sin(angle), 0, 0, 0, 0, 0, 0, 0]
    const near = Math.acos(0.9991)
    const far = Math.acos(0.9989)
    const sets = (angle: number) =>
      weightsOf(convolution([2, 1, 3, 3], [...turned(0), ...turned(angle)])).layers[0]!.duplicateFilters
    assert.deepEqual([sets(near), sets(far)], [1, 0])
  })
})

suite('filters of every layout', () => {
  const duplicatesOf = (op: string, dims: readonly number[], values: readonly number[], attributes = {}) => {
    const model = handBuilt((editor) => {
      held(editor, 'w', dims, values)
      editor.addNode(op, { inputs: ['images', 'w'], outputs: ['out'], attributes })
    })
    const [layer] = weightsOf(model).layers
    return [layer!.filters, layer!.duplicates] as const
  }
  const a = scattered(10)
  const b = scattered(20).slice(10)

  test('rows of a Gemm whose weights are transposed, columns of others', () => {
    const rows = [a, b, a].flat()
    const columns = a.flatMap((value, i) => [value, b[i]!, value])
    assert.deepEqual(duplicatesOf('Gemm', [3, 10], rows, { transB: int(1) }), [3, [[0, 2]]])
    assert.deepEqual(duplicatesOf('Gemm', [10, 3], columns), [3, [[0, 2]]])
    assert.deepEqual(duplicatesOf('MatMul', [10, 3], columns), [3, [[0, 2]]])
  })

  test('output channels of a ConvTranspose, gathered over its input channels', () => {
    // [C = 2, M = 3, 1, 5]: filter m is (w[0, m], w[1, m]).
    const values = [a.slice(0, 5), b.slice(0, 5), a.slice(0, 5), a.slice(5), b.slice(5), a.slice(5)].flat()
    assert.deepEqual(duplicatesOf('ConvTranspose', [2, 3, 1, 5], values), [3, [[0, 2]]])
  })
})

suite('types of weights', () => {
  const half = (dataType: number, bits: readonly number[]) => {
    const model = convolution([1, 1, 2, 2], [0, 0, 0, 0])
    const [weights] = model.graph!.initializer
    weights!.dataType = dataType
    weights!.rawData = new Uint8Array(Uint16Array.from(bits).buffer)
    return weightsOf(model)
  }

  test('float16 and bfloat16 are read', () => {
    const expected = [-2, 0.5, 1, 1.5]
    for (const [type, bits] of [
      [ElemType.FLOAT16, [0xc000, 0x3800, 0x3c00, 0x3e00]],
      [ElemType.BFLOAT16, [0xc000, 0x3f00, 0x3f80, 0x3fc0]],
    ] as const) {
      const [layer] = half(type, bits).layers
      assert.deepEqual([layer!.min, layer!.max, layer!.mean], [-2, 1.5, expected.reduce((sum, one) => sum + one) / 4])
    }
  })

  test('integers of a quantised network are left out, and it says so', () => {
    const model = convolution([1, 1, 2, 2], [0, 0, 0, 0])
    const [weights] = model.graph!.initializer
    weights!.dataType = ElemType.INT8
    weights!.rawData = new Uint8Array(4)
    const { layers, unread } = weightsOf(model)
    assert.equal(layers.length, 0)
    assert.match(unread[0]!.reason, /type int8.*give the float model/)
  })
})

suite('the weights of real networks', () => {
  test('nanodet_m has filters that training has switched off', { skip: fixturesAbsent }, () => {
    const { layers, unread } = weightsOf(fixture('nanodet_m_320.onnx'))
    assert.deepEqual([layers.length, unread.length], [73, 0])
    const dead = layers.find(({ layer }) => layer === 'Conv_6')!
    assert.deepEqual(dead.dead, [2, 21, 25, 29, 31])
  })
})
