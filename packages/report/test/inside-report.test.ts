import assert from 'node:assert/strict'
import { test } from 'node:test'
import { activationStatistics } from '@fanlight/network'
import {
  type ActivationsReport,
  type ChannelsReport,
  renderActivationsReport,
  renderChannelsReport,
} from '../src/index.ts'

const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31m\u202e"\''
const bytes = Uint8Array.of(1, 2, 3)
const layer = { name: HOSTILE, channels: 3, height: 2, width: 2 }

const relu = {
  kind: 'ReLU',
  layer: HOSTILE,
  before: 'a',
  after: 'b',
  gate: (x: number) => (x > 0 ? 1 : 0),
  saturates: false,
}
const before = Float32Array.of(-1, -1, -1, -1, 1, 2, 3, 4)

const activations = (changes: Partial<ActivationsReport['view']> = {}): string =>
  renderActivationsReport({
    name: HOSTILE,
    sha256: 'a'.repeat(64),
    photo: HOSTILE,
    version: '0.1.0',
    view: {
      detections: [{ label: HOSTILE, score: 0.875 }],
      target: 0,
      layer,
      channels: [{ channel: 1, relevance: 0.25 }],
      vanished: null,
      functions: [
        activationStatistics(relu, { before, after: before.map((x) => Math.max(0, x)), shape: [1, 2, 2, 2] }),
      ],
      pictures: { photo: bytes, best: bytes, worst: null },
      ...changes,
    },
  })

const channels = (changes: Partial<ChannelsReport['view']> = {}): string =>
  renderChannelsReport({
    name: HOSTILE,
    sha256: 'a'.repeat(64),
    minScore: 0.3,
    version: '0.1.0',
    view: {
      layers: [layer],
      photos: 5,
      photosWithDetections: 4,
      detections: 7,
      failures: [],
      classes: [
        {
          label: HOSTILE,
          detections: 7,
          channels: [
            {
              layer: 0,
              channel: 2,
              relevance: 0.125,
              silenced: { detections: 7, score: 0.8, silencedScore: 0.2, lostShare: 0.5 },
            },
            { layer: 0, channel: 1, relevance: -0.5, silenced: undefined },
          ],
        },
      ],
      classesLeftOut: 0,
      cards: [
        { layer: 0, channel: 1, filter: null, patches: [] },
        {
          layer: 0,
          channel: 2,
          filter: { layer: HOSTILE, filter: 9, png: bytes },
          patches: [{ photo: HOSTILE, value: 3.5, webp: bytes }],
        },
      ],
      ...changes,
    },
  })

for (const [title, page] of [
  ['activations', activations()],
  ['channels', channels({ failures: [{ name: HOSTILE, message: HOSTILE }] })],
] as const) {
  test(`the page of ${title} shows names as text and loads nothing`, () => {
    assert.doesNotMatch(page, /<img src=x|<script|https?:/)
    assert.ok(!page.includes('\u001b') && !page.includes('\u202e'))
    assert.match(page, /&lt;img src=x onerror/)
  })
}

test('the page of activations has the pictures that there are, the shares, and the dead channels', () => {
  const page = activations()
  assert.equal(page.match(/src="data:image\//g)?.length, 2)
  assert.match(page, /There are none in this layer/)
  assert.match(page, /50\.0 %/)
  assert.match(page, /1 of 2/)
})

test('the page of activations says why nothing is relevant', () => {
  assert.match(
    activations({ vanished: 'its score is saturated' }),
    /No channel’s relevance can be told: its score is saturated/,
  )
})

test('the page of channels has measured changes, says what was not measured, and leads to each channel', () => {
  const page = channels({ classesLeftOut: 1 })
  assert.match(
    page,
    /<td class="n">0\.800<\/td><td class="n">0\.200<\/td><td class="n">−75 %<\/td><td class="n">50\.0 %/,
  )
  assert.match(page, /not measured/)
  assert.match(page, /1 rarer class left out/)
  for (const id of ['c0-1', 'c0-2']) {
    assert.equal(page.match(new RegExp(`href="#${id}"`, 'g'))?.length, 1)
    assert.equal(page.match(new RegExp(`id="${id}"`, 'g'))?.length, 1)
  }
})
