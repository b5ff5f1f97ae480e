import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NetworkReport, renderNetworkReport, renderWeightsReport } from '../src/index.ts'

const hostile = '<img src=x onerror=alert(1)>\u202e'

const layer = {
  name: hostile,
  op: 'Conv',
  output: 'out',
  shape: [1, 2, null, 'width'],
  parameters: 54,
  macs: 3456,
  attributes: { kernel: [3, 3], mode: hostile },
  from: ['images'],
  after: [],
}

const weights = {
  layer: hostile,
  op: 'Conv',
  tensor: 'w',
  shape: [2, 3, 3, 3],
  count: 54,
  notFinite: 0,
  min: -0.5,
  max: 0.25,
  mean: -0.01,
  deviation: 0.125,
  l1: 8,
  l2: 1.5,
  nearZeroShare: 0.5,
  positiveMass: 2,
  negativeMass: 6,
  histogram: { from: -0.5, to: 0.5, counts: [1, 16, 0] },
  filters: 2,
  deadFilters: 1,
  dead: [1],
  duplicateFilters: null,
  duplicates: [],
}

const report: NetworkReport = {
  name: hostile,
  version: '1.2.3',
  network: {
    sha256: 'a'.repeat(64),
    bytes: 3_660_092,
    descriptor: null,
    notRun: `because ${hostile}`,
    summary: {
      inputs: [{ name: hostile, type: 'float32', shape: [1, 3, 8, 8] }],
      outputs: [],
      producer: hostile,
      opset: 17,
      metadata: { [hostile]: hostile },
      ops: [{ op: 'Conv', layers: 2, parameters: 54, macs: 3456 }],
      parameters: 54,
      parameterBytes: 216,
      otherConstants: 0,
      macs: 3456,
      layersOfUnknownCost: 1,
      layers: [layer, { ...layer, name: 'second', macs: null, shape: null, parameters: 0, after: [hostile] }],
    },
    weights: { layers: [weights], unread: [{ layer: hostile, reason: 'int8' }] },
  },
}

const picture = {
  png: Uint8Array.of(1, 2, 3),
  width: 20,
  height: 10,
  layer: hostile,
  kind: 'signed',
  layout: 'matrix',
  scale: 'layer',
  most: 0.5,
  kernel: [3, 3],
  columns: 3,
  filters: [0, 1],
  filterCount: 64,
  inputs: [0, 1, 2],
  inputCount: 3,
  withFocus: false,
} as const

test('the page of layers tells cost, shares, unknowns and branches, and no name gets in unescaped', () => {
  const page = renderNetworkReport(report)
  assert.doesNotMatch(page, /<img src=x|<script|\u202e/)
  assert.match(page, /3\.46 k<\/dd>/)
  assert.match(page, /1 × 2 × \? × width/)
  assert.match(page, /<td class="n">\?<\/td>/, 'an unknown cost is no 0')
  assert.match(page, /<a href="#l0">&lt;img/)
  assert.match(page, /was not run, so shapes and cost are those that the file tells: because &lt;img/)
})

test('the page of weights shows kernels, histogram and figures, and what it left out', () => {
  const page = renderWeightsReport({ ...report, layers: [weights], pictures: new Map([[hostile, picture]]) })
  assert.doesNotMatch(page, /<img src=x|<script|\u202e/)
  assert.match(page, /src="data:image\/png;base64,AQID"/)
  assert.match(page, /the first 2 of 64\), a column an input channel \(all 3\), kernels of 3 × 3/)
  assert.match(page, /The strongest colour is ±0\.5\./)
  // Heights go with the root: a 16th of the count is a quarter of the height.
  assert.deepEqual(
    [...page.matchAll(/height="([\d.]+)"\/>/g)].map(([, height]) => Number(height)),
    [25, 100, 0],
  )
  assert.match(page, /<dt>positive<\/dt><dd>25\.0 %<\/dd>/)
  assert.match(page, /1 of 2: 1/)
  assert.match(page, /<dt>duplicate<\/dt><dd>not asked<\/dd>/)
  assert.match(page, /Layers left out: 1/)
})
