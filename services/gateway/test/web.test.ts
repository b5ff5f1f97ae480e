// The dashboard's own computations, without a browser.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeNpy } from '@fanlight/image/npy'
import { colourOf, paintMap } from '../web/src/colour.ts'
import { itemSearch, methodKeys } from '../web/src/item-search.ts'
import { coarse, decodeMap, type EvidenceMap, largest, peak, valueAt } from '../web/src/map.ts'
import { addSample, forwardsLeft, rateOf, type Sample } from '../web/src/rate.ts'
import { targetAfter } from '../web/src/target-keys.ts'
import { ago, decimal, duration, evidenceInWords, intervalInWords, tally, visible } from '../web/src/words.ts'

const map = (height: number, width: number, ...values: number[]): EvidenceMap => ({
  height,
  width,
  data: Float32Array.from(values),
})

suite('maps', () => {
  test('are read as they were written', () => {
    const written = Float32Array.from({ length: 6 }, (_, i) => i / 7 - 0.3)
    const { height, width, data } = decodeMap(Uint8Array.from(encodeNpy(written, [2, 3])).buffer)
    assert.deepEqual([height, width, [...data]], [2, 3, [...written]])
    assert.throws(() => decodeMap(Uint8Array.from(encodeNpy(written, [6])).buffer), /not a float32 map/)
  })

  test('hold their own values at cell centres, are linear between and flat beyond them', () => {
    const two = map(1, 2, 0, 1)
    assert.deepEqual(
      [0, 0.25, 0.5, 0.75, 1].map((x) => valueAt(two, x, 0.5)),
      [0, 0, 0.5, 1, 1],
    )
    const four = map(2, 2, 0, 1, 2, 3)
    assert.equal(valueAt(four, 0.5, 0.5), 1.5)
    assert.equal(valueAt(four, 0.75, 0.25), 1)
  })

  test('know their strongest cell and evidence of either sign', () => {
    const signed = map(2, 2, -0.5, 0.25, 0, 0.125)
    assert.deepEqual([largest(signed, false), largest(signed, true), peak(signed)], [0.25, 0.5, { row: 0, column: 1 }])
  })

  test('become tables of means, also where they have fewer cells than the table', () => {
    assert.deepEqual(coarse(map(2, 2, 1, 2, 3, 4), 1, 2), [[2, 3]])
    assert.deepEqual(coarse(map(1, 1, 7), 2, 2), [
      [7, 7],
      [7, 7],
    ])
    assert.ok(
      coarse(map(3, 5, ...Array(15).fill(2)), 8, 8)
        .flat()
        .every((value) => value === 2),
    )
  })
})

suite('colours', () => {
  const colouring = { most: 2, opacity: 0.6, signed: false }

  test('end where viridis ends, as opaque as asked', () => {
    assert.deepEqual(colourOf(2, colouring), [253, 231, 37, 153])
    assert.deepEqual(colourOf(99, colouring), [253, 231, 37, 153], 'beyond the scale is its end')
  })

  test('leave the photo clear where there is no evidence for, unless evidence against is asked for', () => {
    assert.equal(colourOf(0, colouring)[3], 0)
    assert.equal(colourOf(-2, colouring)[3], 0)
    const [red, , blue, alpha] = colourOf(-2, { ...colouring, signed: true })
    assert.ok(blue > red && alpha === 153)
    const [for_, , against] = colourOf(2, { ...colouring, signed: true })
    assert.ok(for_ > against)
  })

  test('are clear for a map without evidence', () => {
    assert.ok(
      paintMap(map(2, 2, 0, 0, 0, 0), { ...colouring, most: 0 }, 4, 4).every(
        (_, i, all) => i % 4 !== 3 || all[i] === 0,
      ),
    )
  })

  test('leave stripes clear over cells whose interval includes 0, and only there', () => {
    const pixels = paintMap(map(1, 2, 2, 2), colouring, 40, 10, Float32Array.of(2, 1.9))
    const clear = (from: number) =>
      Array.from({ length: 10 * 20 }, (_, i) => pixels[(Math.floor(i / 20) * 40 + from + (i % 20)) * 4 + 3]).filter(
        (alpha) => alpha === 0,
      ).length
    assert.deepEqual([clear(0), clear(20)], [100, 0])
  })

  test('paint row 0 at the top', () => {
    const pixels = paintMap(map(2, 1, 2, 0), colouring, 1, 2)
    assert.deepEqual([pixels[3], pixels[7]], [153, 0])
  })
})

suite('progress', () => {
  const items = { waiting: 0, open: 0, done: 0, failed: 0, cancelled: 0 }

  test('is a rate over the last 20 seconds', () => {
    let samples: Sample[] = []
    for (let second = 0; second <= 30; second += 1) {
      samples = addSample(samples, { atMs: second * 1000, forwards: second < 15 ? 0 : (second - 15) * 40 })
    }
    assert.equal(rateOf(samples), 30)
    assert.equal(rateOf([]), undefined)
    assert.equal(
      rateOf([
        { atMs: 0, forwards: 0 },
        { atMs: 500, forwards: 9 },
      ]),
      undefined,
    )
  })

  test('counts what is asked, and photos that wait at the price of those that ended', () => {
    const counts = {
      items: { ...items, waiting: 3, open: 1, done: 2 },
      openForwards: { answered: 400, asked: 1000 },
      endedForwards: 2000,
    }
    assert.equal(forwardsLeft(counts), 600 + 3 * 1000)
    const unknown = { items: { ...items, waiting: 3 }, openForwards: { answered: 0, asked: 0 }, endedForwards: 0 }
    assert.equal(forwardsLeft(unknown), undefined)
  })
})

suite('addresses', () => {
  test('keep what differs from the usual and drop what makes no sense', () => {
    const search = {
      t: 3,
      method: 'drise',
      alpha: 0.4,
      contours: true,
      signed: true,
      colour: true,
      scale: 'photo' as const,
    }
    assert.deepEqual(itemSearch(search), search)
    assert.deepEqual(itemSearch({ t: 1, alpha: 0.6, contours: false, scale: 'map' }), {})
    assert.deepEqual(itemSearch({ t: -2, alpha: 7, method: 3, contours: 'yes', onload: 'x' }), {})
  })

  test('tell methods apart that a job has twice', () => {
    const method = (name: string) => ({ method: { name, version: 1, params: {} } })
    assert.deepEqual(methodKeys([method('drise'), method('random'), method('drise')]), ['drise', 'random', 'drise-2'])
  })

  test('name methods that are measured by their own names', () => {
    const measured = (name: string, randomised: { layers: number } | null) => ({
      method: { name: 'evaluate', version: 1, params: { method: { name, version: 1, params: {} }, randomised } },
    })
    assert.deepEqual(
      methodKeys([
        measured('focus', null),
        measured('lime', null),
        measured('focus', { layers: 1 }),
        measured('focus', null),
      ]),
      ['focus', 'lime', 'focus-redrawn', 'focus-2'],
    )
  })
})

test('arrow keys go round, and digits choose what there is', () => {
  assert.deepEqual(
    ['ArrowRight', 'ArrowLeft', '1', '3', '4', '0', 'x'].map((key) => targetAfter(key, 2, 3)),
    [0, 1, 0, 2, undefined, undefined, undefined],
  )
})

suite('words', () => {
  test('spell out what would not show or would turn the line around', () => {
    assert.equal(visible('a\u001b[31m\u202eb\u0000\n'), 'a\\u{1b}[31m\\u{202e}b\\u{0}\\u{a}')
    assert.equal(visible('نه‌خواهم 👩‍🔬 <b>'), 'نه‌خواهم 👩‍🔬 <b>', 'joiners belong to writing')
    assert.equal(visible('\ud800'), '\ufffd')
  })

  test('say how sure a value is', () => {
    assert.equal(intervalInWords(0.3, 0.0213), ' ± 0.0213')
    assert.equal(intervalInWords(-0.3, 0.3), ' ± 0.3, may be nothing')
  })

  test('say numbers as people do', () => {
    assert.deepEqual([0, 0.12345, -0.5, 12.3456, 0.00001234].map(decimal), ['0', '0.123', '−0.5', '12.3', '1.2e−5'])
    assert.deepEqual([0.2, 59, 119, 3900].map(duration), ['less than a second', '59 s', '2 min', '1 h 05 min'])
    assert.equal(ago(0, 7_200_000), '2 hours ago')
    assert.equal(evidenceInWords(0.57), 'looked outside the box: 43 %')
    assert.equal(tally(['dog', 'person', 'person']), 'person ×2, dog')
  })
})
