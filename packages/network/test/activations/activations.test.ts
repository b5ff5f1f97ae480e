import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ElemType, float, type GraphEditor, int, tensor } from '@fanlight/onnx'
import {
  activationFunctionsOf,
  activationStatistics,
  ChannelTally,
  channelPeaks,
  channelRelevance,
  filterBehind,
  SilenceTally,
} from '../../src/index.ts'
import { handBuilt, held } from '../hand-built.ts'

const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}`)

const functionsOf = (build: (editor: GraphEditor) => void) =>
  activationFunctionsOf(handBuilt(build)).map(({ kind, before, after, saturates }) => ({
    kind,
    before,
    after,
    saturates,
  }))

suite('the activation functions of a network', () => {
  test('are found under the names of what goes in and comes out', () => {
    const found = functionsOf((editor) => {
      editor.addNode('Relu', { inputs: ['images'], outputs: ['a'] })
      editor.addNode('Sigmoid', { inputs: ['a'], outputs: ['b'] })
      editor.addNode('Add', { inputs: ['a', 'b'], outputs: ['c'] })
    })
    assert.deepEqual(found, [
      { kind: 'ReLU', before: 'images', after: 'a', saturates: false },
      { kind: 'Sigmoid', before: 'a', after: 'b', saturates: true },
    ])
  })

  test('are one where exporters write several nodes: SiLU, HardSwish, Mish', () => {
    const found = functionsOf((editor) => {
      editor.addNode('Sigmoid', { inputs: ['images'], outputs: ['s'] })
      editor.addNode('Mul', { inputs: ['images', 's'], outputs: ['silu'] })
      editor.addNode('HardSigmoid', { inputs: ['silu'], outputs: ['h'], attributes: { alpha: float(1 / 6) } })
      editor.addNode('Mul', { inputs: ['h', 'silu'], outputs: ['swish'] })
      editor.addNode('Softplus', { inputs: ['swish'], outputs: ['p'] })
      editor.addNode('Tanh', { inputs: ['p'], outputs: ['t'] })
      editor.addNode('Mul', { inputs: ['swish', 't'], outputs: ['mish'] })
    })
    assert.deepEqual(
      found.map(({ kind, before, after }) => [kind, before, after]),
      [
        ['SiLU', 'images', 'silu'],
        ['HardSwish', 'silu', 'swish'],
        ['Mish', 'swish', 'mish'],
      ],
    )
  })

  for (const halfFirst of [true, false]) {
    test(`are a GELU where Erf stands in its formula, with the half ${halfFirst ? 'at x' : 'at the end'}`, () => {
      const found = functionsOf((editor) => {
        held(editor, 'root', [], [Math.SQRT2])
        held(editor, 'one', [], [1])
        held(editor, 'half', [], [0.5])
        editor.addNode('Div', { inputs: ['images', 'root'], outputs: ['scaled'] })
        editor.addNode('Erf', { inputs: ['scaled'], outputs: ['erf'] })
        editor.addNode('Add', { inputs: ['erf', 'one'], outputs: ['sum'] })
        if (halfFirst) {
          editor.addNode('Mul', { inputs: ['images', 'half'], outputs: ['x'] })
          editor.addNode('Mul', { inputs: ['x', 'sum'], outputs: ['gelu'] })
        } else {
          editor.addNode('Mul', { inputs: ['images', 'sum'], outputs: ['x'] })
          editor.addNode('Mul', { inputs: ['x', 'half'], outputs: ['gelu'] })
        }
      })
      assert.deepEqual(found, [{ kind: 'GELU', before: 'images', after: 'gelu', saturates: false }])
    })
  }

  test('do not take a gate of something else for a SiLU', () => {
    const found = functionsOf((editor) => {
      editor.addNode('GlobalAveragePool', { inputs: ['images'], outputs: ['mean'] })
      editor.addNode('Sigmoid', { inputs: ['mean'], outputs: ['gate'] })
      editor.addNode('Mul', { inputs: ['images', 'gate'], outputs: ['gated'] })
    })
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['Sigmoid'],
    )
  })

  test('that clip have the limits of the file', () => {
    const [clip] = activationFunctionsOf(
      handBuilt((editor) => {
        held(editor, 'low', [], [-1])
        held(editor, 'high', [], [3])
        editor.addNode('Clip', { inputs: ['images', 'low', 'high'], outputs: ['out'] })
      }),
    )
    assert.deepEqual(
      [clip!.kind, clip!.saturates, clip!.gate(-2), clip!.gate(1), clip!.gate(4)],
      ['Clip', true, 0, 0.5, 1],
    )
  })
})

const [relu] = activationFunctionsOf(
  handBuilt((editor) => void editor.addNode('Relu', { inputs: ['images'], outputs: ['out'] })),
)
const [sigmoid] = activationFunctionsOf(
  handBuilt((editor) => void editor.addNode('Sigmoid', { inputs: ['images'], outputs: ['out'] })),
)

suite('what an activation function did', () => {
  test('a ReLU channel that is nowhere above zero is dead; one that is somewhere is not', () => {
    const before = Float32Array.of(-1, -2, -3, 0, /**/ -1, 5, -1, -1, /**/ 1, 2, 3, 4)
    const after = before.map((value) => Math.max(0, value))
    const seen = activationStatistics(relu!, { before, after, shape: [1, 3, 2, 2] })
    assert.deepEqual([seen.channels, seen.deadChannels, seen.dead], [3, 1, [0]])
    close(seen.closedShare, 7 / 12)
    close(seen.openShare, 5 / 12)
    assert.equal(seen.saturatedShare, null)
    assert.deepEqual([seen.before.min, seen.after.min, seen.after.max], [-3, 0, 5])
  })

  test('a sigmoid is saturated beyond ln 99 on either side', () => {
    const before = Float32Array.of(-10, -4.7, -4.5, 0, 4.5, 4.7, 10, 1)
    const after = before.map((value) => 1 / (1 + Math.exp(-value)))
    const seen = activationStatistics(sigmoid!, { before, after, shape: [1, 2, 2, 2] })
    close(seen.saturatedShare!, 4 / 8)
    close(seen.closedShare, 2 / 8)
    assert.equal(seen.deadChannels, 0)
  })

  test('of a transformer the last axis has the channels', () => {
    const before = Float32Array.of(1, -1, 1, /**/ 1, -1, -1)
    const seen = activationStatistics(relu!, { before, after: before, shape: [1, 2, 3] })
    assert.deepEqual([seen.channels, seen.dead], [3, [1]])
  })
})

suite('channels', () => {
  const tap = {
    activation: Float32Array.of(1, 2, 3, 4, /**/ 5, 6, 9, 9),
    gradient: Float32Array.of(1, 0, 0, 1, /**/ -1, 0, 0, 0.5),
    channels: 2,
    height: 2,
    width: 2,
  }

  test('are relevant by the sum of gradient × activation', () => {
    assert.deepEqual([...channelRelevance(tap)], [5, -0.5])
  })

  test('are strongest at the first of their largest numbers', () => {
    const { values, cells } = channelPeaks(tap)
    assert.deepEqual(
      [[...values], [...cells]],
      [
        [4, 9],
        [3, 2],
      ],
    )
  })

  test('have means over the detections of a class, whatever their order, to the last bit', () => {
    const some = Array.from({ length: 50 }, (_, i) => [
      Float64Array.of(Math.sin(i), 0.1 * i),
      Float64Array.of(Math.cos(i)),
    ])
    const rankedOf = (all: readonly (readonly Float64Array[])[]) => {
      const tally = new ChannelTally()
      for (const relevance of all) tally.add(3, relevance)
      return tally.ranked(3)
    }
    const ranked = rankedOf(some)
    assert.deepEqual(rankedOf(some.toReversed()), ranked)
    assert.deepEqual([ranked[0]!.layer, ranked[0]!.channel], [0, 1])
    assert.ok(Math.abs(ranked[0]!.relevance - 2.45) < 1e-8)
  })

  test('of classes that were not seen are none', () => {
    assert.deepEqual(new ChannelTally().ranked(0), [])
    assert.equal(new SilenceTally(0.3).of(0, { layer: 0, channel: 0 }), undefined)
  })

  test('that are silenced tell both mean scores, and the share that is lost', () => {
    const tally = new SilenceTally(0.3)
    const channel = { layer: 1, channel: 2 }
    tally.add(0, channel, { score: 0.75, silenced: 0.25 })
    tally.add(0, channel, { score: 0.5, silenced: 0.5 })
    assert.deepEqual(tally.of(0, channel), { detections: 2, score: 0.625, silencedScore: 0.375, lostShare: 0.5 })
  })
})

suite('the filter behind a channel', () => {
  const model = handBuilt((editor) => {
    held(editor, 'w', [4, 3, 1, 1], Array(12).fill(1))
    held(editor, 'v', [2, 3, 1, 1], Array(6).fill(1))
    editor.addNode('Conv', { inputs: ['images', 'w'], outputs: ['a'] })
    editor.addNode('Sigmoid', { inputs: ['a'], outputs: ['s'] })
    editor.addNode('Mul', { inputs: ['a', 's'], outputs: ['silu'] })
    editor.addNode('Conv', { inputs: ['images', 'v'], outputs: ['b'] })
    editor.addNode('Relu', { inputs: ['b'], outputs: ['r'] })
    editor.addNode('Concat', { inputs: ['silu', 'r'], outputs: ['both'], attributes: { axis: int(1) } })
    editor.addNode('Add', { inputs: ['a', 'silu'], outputs: ['sum'] })
    editor.addNode('Relu', { inputs: ['images'], outputs: ['none'] })
  })
  const channelsOf = (value: string) => ({ silu: 4, r: 2 })[value]

  test('is found through activation functions and joined branches', () => {
    assert.deepEqual(filterBehind(model, 'silu', 2, channelsOf), { layer: 'a', filter: 2 })
    assert.deepEqual(filterBehind(model, 'both', 1, channelsOf), { layer: 'a', filter: 1 })
    assert.deepEqual(filterBehind(model, 'both', 5, channelsOf), { layer: 'b', filter: 1 })
  })

  test('is none where no convolution, or no single one, makes the channel', () => {
    assert.equal(filterBehind(model, 'none', 0, channelsOf), undefined)
    const residual = handBuilt((editor) => {
      editor.addInitializer(tensor('w', [3, 3, 1, 1], new Float32Array(9)))
      editor.addNode('Conv', { inputs: ['images', 'w'], outputs: ['a'] })
      editor.addNode('Conv', { inputs: ['a', 'w'], outputs: ['b'] })
      editor.addNode('Add', { inputs: ['a', 'b'], outputs: ['sum'] })
      editor.addOutput('sum', ElemType.FLOAT, [1, 3, 8, 8])
    })
    assert.equal(filterBehind(residual, 'sum', 0, channelsOf), undefined)
  })
})
