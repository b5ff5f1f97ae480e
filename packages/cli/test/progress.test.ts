import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { duration, ProgressMeter, progressLine, progressView } from '../src/progress.ts'
import { summary } from './samples.ts'

const items = (waiting: number, open: number, done: number) => ({ waiting, open, done, failed: 0, cancelled: 0 })

test('before anything is answered, photos cost what the methods say', () => {
  const progress = new ProgressMeter(1000).measure(summary({ items: items(8, 2, 0) }), 0)
  assert.deepEqual(progress, {
    photosEnded: 0,
    photos: 10,
    targets: 0,
    answered: 0,
    forwards: 10_000,
    perSecond: undefined,
    leftMs: undefined,
  })
})

test('speed is that of this run: what an earlier one answered does not count', () => {
  const meter = new ProgressMeter(1000)
  const openForwards = { answered: 0, asked: 1000 }
  meter.measure(summary({ items: items(0, 1, 2), endedForwards: 2000, openForwards }), 0)
  const later = meter.measure(
    summary({ items: items(0, 1, 2), endedForwards: 2000, openForwards: { answered: 500, asked: 1000 } }),
    5000,
  )
  assert.equal(later.perSecond, 100)
  assert.equal(later.leftMs, 5000)
  assert.equal(progressLine(later), '2/3 photos · 0 targets · 2,500/3,000 questions answered · 100 masks/s · 0:05 left')
})

test('photos without detections teach the estimate', () => {
  const { forwards } = new ProgressMeter(1000).measure(summary({ items: items(10, 0, 10), endedForwards: 10 }), 0)
  assert.equal(forwards, 20)
})

test('speed forgets what is long ago', () => {
  const meter = new ProgressMeter(100)
  for (let second = 0; second <= 60; second++) {
    meter.measure(
      summary({ items: items(0, 1, 0), openForwards: { answered: second < 30 ? second * 10 : 300, asked: 1000 } }),
      second * 1000,
    )
  }
  const stalled = meter.measure(
    summary({ items: items(0, 1, 0), openForwards: { answered: 300, asked: 1000 } }),
    61_000,
  )
  assert.equal(stalled.perSecond, 0)
  assert.equal(stalled.leftMs, undefined)
})

test('durations are told in hours, minutes and seconds', () => {
  assert.deepEqual([0, 900, 61_000, 3_725_000].map(duration), ['0:00', '0:01', '1:01', '1:02:05'])
})

test('without a terminal, progress is a line now and then', () => {
  const said: string[] = []
  const err = new PassThrough()
  let nowMs = 0
  const terminal = {
    out: err,
    err,
    isLive: false,
    canAsk: false,
    columns: 80,
    data() {},
    say: (line: string) => said.push(line),
  }
  const view = progressView(terminal, () => nowMs)
  for (; nowMs <= 40_000; nowMs += 200) view.show(`at ${nowMs}`, 0.5)
  view.end()
  assert.deepEqual(said, ['at 15000', 'at 30000'])
  assert.equal(err.read(), null)
})
