import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttributionRecord, type Doubt, DoubtCode, type FitFacts, mapsOf, sha256 } from '@fanlight/contracts'
import { LEAST_VALUE } from '@fanlight/evaluate'
import { decodeNpy } from '@fanlight/image/npy'
import { doubtsInWords, fitInWords, whyDoubted } from '../src/diagnosis.ts'
import { type Doubtable, doubtLimits, doubtsOf, LEAST_SLOPE, unmovedShare } from '../src/doubts.ts'
import { type Attribution, recordOf } from '../src/index.ts'

const fit: FitFacts = {
  segments: 64,
  r2: 0.9,
  efficiencyGap: 0.01,
  fillAgreement: 0.95,
  widestInterval: 0.2,
  stoppedEarly: false,
}

const sound = (changes: Partial<Doubtable> = {}): Doubtable => ({
  target: { objective: 'score' },
  forwards: 150,
  fullValue: 0.9,
  emptyValue: 0.01,
  stability: 0.9,
  priorShare: 0.2,
  unmoved: 0.4,
  fit,
  ...changes,
})

const codes = (made: Doubtable) => doubtsOf(made).map(({ code }) => code)

test('a sound map is not doubted, and each doubt begins beyond its limit', () => {
  assert.deepEqual(doubtsOf(sound()), [])
  const step = 1e-6
  const at: Record<DoubtCode, (value: number) => Partial<Doubtable>> = {
    'nothing-there': (fullValue) => ({ fullValue, emptyValue: 0 }),
    saturated: (unmoved) => ({ unmoved }),
    'scores-when-empty': (kept) => ({ fullValue: 1, emptyValue: kept }),
    unstable: (stability) => ({ stability }),
    uncertain: (widestInterval) => ({ fit: { ...fit, widestInterval } }),
    'mostly-prior': (priorShare) => ({ priorShare }),
    'poor-fit': (r2) => ({ fit: { ...fit, r2 } }),
    'efficiency-gap': (efficiencyGap) => ({ fit: { ...fit, efficiencyGap } }),
    'fill-sensitive': (fillAgreement) => ({ fit: { ...fit, fillAgreement } }),
  }
  const below = ['nothing-there', 'unstable', 'poor-fit', 'fill-sensitive']
  for (const code of DoubtCode.options) {
    const limit = doubtLimits[code]
    const value = below.includes(code) ? limit - step : limit + step
    assert.deepEqual(doubtsOf(sound(at[code](limit))), [], `${code} at its limit`)
    assert.deepEqual(doubtsOf(sound(at[code](value))), [{ code, value, limit }], `${code} beyond`)
  }
})

test('what was not asked is not doubted, nor is a baseline that never looks', () => {
  const nothing = { segments: 1, r2: null, efficiencyGap: null, fillAgreement: null, widestInterval: null }
  const unasked = { fullValue: null, emptyValue: null, stability: null, priorShare: 0, unmoved: undefined }
  assert.deepEqual(doubtsOf(sound({ ...unasked, fit: { ...nothing, stoppedEarly: false } })), [])
  assert.deepEqual(doubtsOf(sound({ ...unasked, forwards: 0, priorShare: 1, stability: -0.02 })), [])
})

test('an empty picture that scores is doubted under every value, not under a loss', () => {
  assert.deepEqual(codes(sound({ fullValue: 0, emptyValue: 0.001 })), ['nothing-there', 'scores-when-empty'])
  assert.deepEqual(codes(sound({ fullValue: 0.1, emptyValue: 0.03 })), ['scores-when-empty'])
  assert.deepEqual(codes(sound({ target: { objective: 'loss.cls' }, emptyValue: 5 })), [])
})

test('where nothing is, that is the first doubt; a loss is best there, and a gradient says what is missing', () => {
  const nothing = { fullValue: 0, emptyValue: 0 }
  assert.deepEqual(doubtsOf(sound(nothing)), [{ code: 'nothing-there', value: 0, limit: 0.01 }])
  // What is not explained is not measured either.
  assert.equal(doubtLimits['nothing-there'], LEAST_VALUE)
  assert.deepEqual(codes(sound({ ...nothing, gradient: {} })), [])
  assert.deepEqual(codes(sound({ ...nothing, target: { objective: 'loss.cls' } })), [])
  const [said] = doubtsInWords(doubtsOf(sound(nothing)), 'score')
  assert.equal(said!.cause, 'nothing there (0)')
  assert.match(said!.meaning, /answers 0 for this box and class.*Ask for a box and class that it detects/)
})

test('a gradient at a flat place is doubted once, by its slope', () => {
  assert.deepEqual(doubtsOf(sound({ slope: 2e-4 })), [{ code: 'saturated', value: 2e-4, limit: LEAST_SLOPE }])
  assert.deepEqual(doubtsOf(sound({ slope: LEAST_SLOPE })), [])
})

test('the worst doubt comes first', () => {
  const all = { ...fit, r2: -1, efficiencyGap: 3, fillAgreement: -0.5, widestInterval: 2 }
  const made = sound({ fit: all, unmoved: 1, fullValue: 0.009, emptyValue: 0.008, stability: 0, priorShare: 1 })
  assert.deepEqual(codes(made), Object.keys(doubtLimits))
})

test('runs that keep more than 95 % of the whole value count as unmoved', () => {
  assert.equal(unmovedShare([0.9, 0.86, 0.85, 0], 0.9), 0.5)
  assert.equal(unmovedShare([], 0.9), undefined)
  assert.equal(unmovedShare([0, 0.1], 0), undefined)
})

test('every doubt has a clause for a table, and says what it means and what to do', () => {
  const doubts = DoubtCode.options.map((code): Doubt => ({ code, value: doubtLimits[code], limit: 0 }))
  const said = doubtsInWords(doubts, 'class')
  assert.equal(new Set(said.map(({ cause }) => cause)).size, doubts.length)
  for (const { cause, meaning } of said) {
    assert.ok(cause.length <= 32, cause)
    assert.match(meaning, /^[^.].*\. (Ask|Use|Compare|Take) .*\.$/)
    assert.doesNotMatch(meaning, /NaN|undefined/)
  }
})

test('the words of a doubt have its figure, and the remedy goes by the objective', () => {
  const said = (code: DoubtCode, value: number, objective: 'score' | 'class' = 'class') =>
    doubtsInWords([{ code, value, limit: doubtLimits[code] }], objective)[0]!
  assert.equal(said('unstable', -0.1).cause, 'unstable (−0.10)')
  assert.equal(said('uncertain', 0.64).cause, 'uncertain (± 32 %)')
  assert.equal(said('poor-fit', 0.314).cause, 'poor fit (R² 0.31)')
  assert.match(said('saturated', 0.97).meaning, /^In 97 % of the runs/)
  assert.match(said('saturated', 2e-4).meaning, /\(slope 2e-4\).*loss term/)
  assert.match(said('scores-when-empty', 0.48).meaning, /48 % of the value is left.*Use the objective score\.$/)
  assert.match(said('scores-when-empty', 0.48, 'score').meaning, /Compare with another fill\.$/)
})

test('a record without doubts of its own is told by its numbers, one with them by those', () => {
  const old = { ...sound({ stability: 0.2 }) }
  assert.deepEqual(
    whyDoubted(old).map(({ cause }) => cause),
    ['unstable (0.20)'],
  )
  assert.deepEqual(whyDoubted({ ...old, doubts: [] }), [])
})

test('of a fit only what was measured is said', () => {
  const rows = fitInWords({ fit: { ...fit, fillAgreement: null }, interval: undefined })
  assert.deepEqual(
    rows.map(({ name, value }) => `${name} ${value}`),
    ['segments 64', 'R² 0.90', 'efficiency gap 1 %', 'interval ± 10 %'],
  )
  assert.deepEqual(fitInWords({}), [])
})

test('a record names the map and its intervals by the files that hold them, and what there is to doubt', () => {
  const made: Attribution = {
    map: { width: 2, height: 1, data: Float32Array.of(1, -1) },
    interval: { halfWidths: Float32Array.of(0.5, 2), level: 0.9 },
    forwards: 150,
    fullValue: 0.9,
    emptyValue: 0.01,
    stability: 0.1,
    priorShare: 0,
    fit,
    unmoved: 0.25,
    target: { id: 'a'.repeat(64), box: [0, 0, 2, 2], class: 0, label: 'cat', score: 0.9, objective: 'score' },
  }
  const { record, files } = recordOf(made, { width: 4, height: 2, attributions: [made], targetsCut: 0 })
  assert.deepEqual(AttributionRecord.parse(record), record)
  assert.deepEqual(
    mapsOf(record).map(({ sha256 }) => sha256),
    files.map((bytes) => sha256(bytes)),
  )
  assert.deepEqual(
    files.map((bytes) => [...decodeNpy(bytes).data]),
    [
      [1, -1],
      [0.5, 2],
    ],
  )
  assert.equal(record.interval!.level, 0.9)
  assert.deepEqual(record.doubts, [{ code: 'unstable', value: 0.1, limit: 2 / 3 }])
})
