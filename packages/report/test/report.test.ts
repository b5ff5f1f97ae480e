import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeHtml, html, raw } from '../src/html.ts'
import {
  defaultReportLimits,
  type ReportAttribution,
  type ReportData,
  type ReportPhoto,
  renderReport,
  strongestPlaces,
} from '../src/index.ts'
import { duration, thousands } from '../src/words.ts'

const picture = { bytes: Uint8Array.of(1, 2, 3), type: 'image/webp' } as const

const attribution = (changes: Partial<ReportAttribution> = {}): ReportAttribution => ({
  method: 'd-rise',
  picture,
  forwards: 1001,
  fullValue: 0.9,
  emptyValue: 0.01,
  unexplainable: false,
  stability: 0.83,
  priorShare: 0,
  inBoxEnergy: 0.57,
  explanation: 'e'.repeat(64),
  ...changes,
})

const photo = (changes: Partial<ReportPhoto> = {}): ReportPhoto => ({
  name: 'a.jpg',
  sha256: 'a'.repeat(64),
  width: 640,
  height: 480,
  picture,
  targets: [{ box: [1, 2, 30, 40], label: 'boat', score: 0.9, objective: 'score', attributions: [attribution()] }],
  targetsCut: 0,
  ...changes,
})

const report = (changes: Partial<ReportData> = {}): ReportData => ({
  title: 'harbour',
  job: 'job-1',
  detector: { name: 'yolox', sha256: 'd'.repeat(64), family: 'yolox', width: 416, height: 320, classes: 80 },
  methods: [{ name: 'd-rise', version: 1, params: { masks: 1000 } }],
  seed: 7,
  minScore: 0.3,
  versions: { fanlight: '0.1.0' },
  executionClasses: ['cpu;batch 1'],
  totals: { photos: 1, detections: 1, forwards: 1002, durationMs: 61_000 },
  photos: [photo()],
  photosWithDetections: 1,
  withoutDetections: [],
  failures: [],
  wholePath: 'attributions.ndjson',
  ...changes,
})

/** The page as a reader sees it, roughly. */
const textOf = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')

test('a detection is told in words and numbers, with its picture in the page', () => {
  const page = renderReport(report())
  const text = textOf(page)
  for (const said of ['boat 0.90 d-rise', 'Looked outside the box: 43 %.', '0.83, steady', '0.01 / 0.90', '1,001']) {
    assert.ok(text.includes(said), said)
  }
  assert.equal(page.match(/src="data:image\/webp;base64,AQID"/g)?.length, 2)
})

test('what made the numbers is named', () => {
  const text = textOf(renderReport(report({ command: 'npx fanlight explain "a b" --seed 7' })))
  for (const said of ['d'.repeat(64), 'a'.repeat(64), 'e'.repeat(64), 'd-rise@1', '{&quot;masks&quot;:1000}']) {
    assert.ok(text.includes(said), said)
  }
  for (const said of ['fanlight 0.1.0', 'cpu;batch 1', 'npx fanlight explain &quot;a b&quot; --seed 7', '416 × 320']) {
    assert.ok(text.includes(said), said)
  }
})

test('the page needs nothing beside it, and runs nothing', () => {
  const page = renderReport(report())
  assert.match(page, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;/)
  assert.doesNotMatch(page, /<script|<link|https?:|@import|url\(/)
})

const gradient = (changes: Partial<NonNullable<ReportAttribution['gradient']>> = {}) => ({
  value: 0.9,
  emptyValue: null,
  magnitude: 0.013,
  slope: 0.09,
  vanished: null,
  layers: ['p3', 'p4', 'p5'],
  ...changes,
})

const target = { box: [1, 2, 30, 40] as [number, number, number, number], label: 'boat', score: 0.9 }

test('a gradient is told with its magnitude, slope and layers; one that vanished with its cause', () => {
  const given = [
    attribution({ method: 'odam', gradient: gradient() }),
    attribution({
      method: 'grad-cam',
      inBoxEnergy: null,
      gradient: gradient({ vanished: 'saturated', slope: 2e-7 }),
    }),
  ]
  const targets = [{ ...target, objective: 'class' as const, attributions: given }]
  const text = textOf(renderReport(report({ photos: [photo({ targets })] })))
  for (const said of ['magnitude 0.013', 'slope 0.09 of the last sigmoid', 'taken at p3 p4 p5', 'class · odam'])
    assert.ok(text.includes(said), said)
  assert.match(text, /No map: the class probability is saturated \(slope 2e-7\)\. It is 0\.9 and stays so/)
  assert.doesNotMatch(text, /Nothing in the photo speaks for it/)
})

test('methods of several groups stand under their group; guided back-propagation is warned of', () => {
  const given = ['random', 'guided-backprop', 'odam'].map((method) => attribution({ method }))
  const methods = given.map(({ method }) => ({ name: method, version: 1, params: {} }))
  const targets = [{ ...target, objective: 'score' as const, attributions: given }]
  const text = textOf(renderReport(report({ methods, photos: [photo({ targets })] })))
  const places = ['boat: class activation maps', 'boat: gradients at the input', 'boat: baselines'].map((said) =>
    text.indexOf(said),
  )
  assert.deepEqual(
    places.toSorted((a, b) => a - b),
    places,
  )
  assert.ok(places[0]! > 0)
  assert.equal(text.match(/Adebayo et al\. 2018/g)?.length, 1)
  assert.doesNotMatch(textOf(renderReport(report())), /Adebayo|boat: /)
})

test('the loss terms of a detection stand side by side with bars, under one number', () => {
  const term = (objective: 'loss.cls' | 'loss.box' | 'loss.obj' | 'score', changes: object) => ({
    ...target,
    objective,
    attributions: [attribution({ method: 'odam', gradient: gradient({ slope: null, ...changes }) })],
  })
  const targets = [
    term('score', {}),
    term('loss.cls', { magnitude: 0.2 }),
    term('loss.box', { magnitude: 7, vanished: 'at-minimum' }),
    term('loss.obj', { magnitude: 0.05 }),
  ]
  const page = renderReport(report({ photos: [photo({ targets })] }))
  assert.deepEqual(
    page.match(/<div class="bar"><span style="width: [\d.]+%/g)?.map((bar) => /[\d.]+(?=%)/.exec(bar)![0]),
    ['0.0', '25.0', '100.0'],
  )
  const text = textOf(page)
  assert.match(text, /No map: the loss is at its minimum/)
  assert.match(text, /1 detection ·/)
  assert.equal(textOf(renderReport(report())).includes('training loss'), false)
})

const hostile = "\"><script>alert(1)</script><img src=x onerror='a()'>&amp;\u001b[31m\u202e\u0000\u2028"

test('hostile text is shown as text, wherever it stands', () => {
  const h = hostile
  const page = renderReport(
    report({
      title: h,
      job: h,
      detector: { name: h, sha256: h, family: h, width: 1, height: 1, classes: 1 },
      methods: [{ name: h, version: 1, params: { [h]: h } }],
      versions: { [h]: h },
      executionClasses: [h],
      command: h,
      photos: [
        photo({
          name: h,
          sha256: h,
          targets: [
            {
              box: [0, 0, 1, 1],
              label: h,
              score: 1,
              objective: 'score',
              attributions: [attribution({ method: h, explanation: h, mapPath: h })],
            },
          ],
        }),
      ],
      photosWithDetections: 2,
      withoutDetections: [h],
      failures: [{ name: h, code: h, message: h }],
      wholePath: h,
    }),
  )
  assert.doesNotMatch(page, /<script|<img src=x|onerror='/)
  assert.doesNotMatch(page, /[\p{Cf}\p{Zl}]/u)
  assert.ok(![...page].some((character) => character < ' ' && character !== '\n'))
  assert.ok(page.split(escapeHtml(h)).length > 20)
  assert.ok(escapeHtml(h).includes('\\u{1b}[31m\\u{202e}\\u{0}\\u{2028}'))
})

test('values in templates are escaped, unless they are HTML already', () => {
  assert.equal(
    html`<b>${'<i>'}</b>${raw('<u>')}${html`<s>${1}</s>`}${[html`a`, 'b']}${undefined}${false}`.text,
    '<b>&lt;i&gt;</b><u><s>1</s>ab',
  )
})

/** The first card as a reader sees it. */
function cardOf(changes: Partial<ReportAttribution>): string {
  const target = { ...photo().targets[0]!, attributions: [attribution(changes)] }
  const page = renderReport(report({ photos: [photo({ picture: undefined, targets: [target] })] }))
  return textOf(page.match(/<figure class="card">[\s\S]*?<\/figure>/)![0])
}

test('a map that should not be believed says so above its picture, why, and what to do', () => {
  const said = (changes: Partial<ReportAttribution>) =>
    cardOf(changes).match(/⚠ Do not take this map at its word.*?(?=1 boat)/)?.[0]
  assert.equal(said({}), undefined)
  assert.match(said({ emptyValue: 0.4 })!, /scores without evidence \(44 %\).*44 % of the value is left/)
  assert.match(said({ stability: 0.2 })!, /unstable \(0\.20\).*more forwards/)
  assert.match(said({ stability: -0.1 })!, /unstable \(−0\.10\)/)
  assert.match(said({ priorShare: 1 })!, /100 % of this map is what the method assumed/)
  assert.equal(said({ stability: 0.2, doubts: [] }), undefined, 'what was recorded counts')
  const doubts = [{ code: 'fill-sensitive' as const, value: 0.31, limit: 0.7 }]
  assert.match(said({ doubts })!, /depends on the fill \(0\.31\).*Compare with another fill/)
})

test('a baseline, and a gradient that made no map, are not doubted on top', () => {
  assert.doesNotMatch(cardOf({ forwards: 0, priorShare: 1, stability: null }), /at its word/)
  const gradient = { value: 0.9, emptyValue: null, magnitude: 0, slope: 1e-7, layers: ['a'] }
  const doubts = [{ code: 'saturated' as const, value: 1e-7, limit: 1e-3 }]
  assert.doesNotMatch(cardOf({ gradient: { ...gradient, vanished: 'saturated' }, doubts }), /at its word/)
  assert.match(cardOf({ gradient: { ...gradient, vanished: null }, doubts }), /saturated \(slope 1e-7\)/)
})

test('a fit is told in words, and the strongest places with what they may be off by', () => {
  const fit = {
    segments: 64,
    r2: 0.91,
    efficiencyGap: 0.012,
    fillAgreement: null,
    widestInterval: 0.2,
    stoppedEarly: true,
  }
  const places = [
    { x: 0.5, y: 0.25, value: 0.4, halfWidth: 0.1 },
    { x: 0.1, y: 0.1, value: -0.02, halfWidth: 0.05 },
  ]
  const said = cardOf({ fit, places, interval: { map: { sha256: 'f'.repeat(64), shape: [2, 2] }, level: 0.9 } })
  for (const words of [/segments 64/, /R² 0\.91/, /efficiency gap 1\.2 %/, /90 % interval ± 10 %/, /stopped early/])
    assert.match(said, words)
  assert.doesNotMatch(said, /other fill/)
  assert.match(said, /at 320, 120: 0\.4 ± 0\.1 at 64, 48: -0\.02 ± 0\.05: may be nothing/)
})

test('the strongest places lie apart, of either sign, and end where there is no evidence', () => {
  const data = new Float32Array(16 * 8)
  const halfWidths = new Float32Array(16 * 8).fill(0.5)
  data[0] = 1
  data[1] = 0.9
  data[7 * 16 + 15] = -2
  data[5] = 0.1
  const found = strongestPlaces({ width: 16, height: 8, data, halfWidths }, 9)
  assert.deepEqual(
    found.map(({ value }) => Number(value.toFixed(3))),
    [-2, 1, 0.1],
  )
  assert.deepEqual([found[0]!.x, found[0]!.y, found[0]!.halfWidth], [15.5 / 16, 7.5 / 8, 0.5])
  assert.equal(strongestPlaces({ width: 16, height: 8, data, halfWidths }, 1).length, 1)
})

test('what a method did not ask is said, not shown as zero', () => {
  const given = attribution({
    forwards: 0,
    fullValue: null,
    emptyValue: null,
    unexplainable: null,
    stability: null,
    inBoxEnergy: null,
  })
  const target = { ...photo().targets[0]!, attributions: [given] }
  const text = textOf(renderReport(report({ photos: [photo({ targets: [target] })] })))
  for (const words of ['Nothing in the photo speaks for it.', 'not measured', 'not asked'])
    assert.ok(text.includes(words))
  assert.doesNotMatch(text, /null|NaN|undefined/)
})

test('failures and photos without detections are listed', () => {
  const text = textOf(
    renderReport(
      report({
        withoutDetections: ['sky.jpg', 'sea.jpg'],
        failures: [{ name: 'b.jpg', code: 'IMAGE_UNREADABLE', message: 'cut off: copy it again' }],
      }),
    ),
  )
  for (const said of ['2 photos without detections', 'sky.jpg', 'sea.jpg', '1 photo could not be explained']) {
    assert.ok(text.includes(said), said)
  }
  assert.match(text, /b\.jpg +IMAGE_UNREADABLE +cut off: copy it again/)
})

test('a job without any detection has a report', () => {
  const text = textOf(
    renderReport(report({ photos: [], photosWithDetections: 0, withoutDetections: ['a.jpg'], title: 'empty' })),
  )
  assert.ok(text.includes('1 photo without detections'))
  assert.doesNotMatch(text, /By class|This page shows/)
})

test('photos beyond the limit are counted, and said to be elsewhere', () => {
  const photos = Array.from({ length: 5 }, (_, i) => photo({ name: `photo-${i}.jpg` }))
  const data = report({ photos, photosWithDetections: 1234 })
  const few = textOf(renderReport(data, { ...defaultReportLimits, maxPhotos: 3 }))
  assert.ok(few.includes('first 3 of 1,234 photos with detections. All of them are in attributions.ndjson'))
  assert.ok(few.includes('photo-2.jpg') && !few.includes('photo-3.jpg'))
  // Six bytes of pictures a photo.
  const light = textOf(renderReport(data, { ...defaultReportLimits, maxPictureBytes: 13 }))
  assert.ok(light.includes('photo-1.jpg') && !light.includes('photo-2.jpg'))
  assert.doesNotMatch(textOf(renderReport(report())), /This page shows/)
})

test('classes are summed up by their medians', () => {
  const targets = [0.1, 0.3, 0.8].map((inBoxEnergy, i) => ({
    ...photo().targets[0]!,
    score: 0.5 + i / 10,
    attributions: [attribution({ inBoxEnergy, stability: i / 2, unexplainable: i === 0 })],
  }))
  const text = textOf(renderReport(report({ photos: [photo({ targets })] })))
  assert.match(text, /boat d-rise 3 0\.60 70 % 0\.50 2 /)
})

test('pictures may be left out', () => {
  const target = { ...photo().targets[0]!, attributions: [attribution({ picture: undefined })] }
  assert.doesNotMatch(renderReport(report({ photos: [photo({ picture: undefined, targets: [target] })] })), /<img/)
})

test('numbers are written for people', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(thousands), ['0', '999', '1,000', '1,234,567'])
  assert.deepEqual([80, 59_990, 151_000, 3_660_000].map(duration), ['0.1 s', '1 min 0 s', '2 min 31 s', '1 h 1 min'])
})
