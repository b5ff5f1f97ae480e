import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Box, forwardsOf, type Question } from '@fanlight/contracts'
import { coalitionAt, coalitionCount, maskAt } from '@fanlight/segments'
import { type Answer, type Attribution, explainerFor, methodNamed, methodSpec, startRun } from '../src/index.ts'
import { contextOf, policy } from './suite.ts'

const SIDE = 640
/** Masks are looked at on a raster of 64 × 64, points by its positions. */
const RASTER = 64

type Point = readonly [number, number]

/** A detection that needs all of its points, but for a share of its score that a marker of its own adds. */
interface Planted {
  readonly box: Box
  readonly points: readonly Point[]
  readonly marker?: { readonly at: Point; readonly share: number }
}

function searched(objects: readonly Planted[], params: object = {}) {
  const spec = methodSpec('aise', params)
  const context = contextOf({ policy: { ...policy, maxTargets: 100 } })
  const run = startRun(explainerFor(spec), context, spec.params)
  const asked: Question[] = []
  while (!run.current.done) {
    const { question } = run.current
    asked.push(question)
    run.answer(question.kind === 'score' ? scored(objects, question) : detected(objects))
  }
  const forwards = asked.reduce((sum, question) => sum + forwardsOf(question), 0)
  return { attributions: run.current.explained.attributions, forwards, asked }
}

function detected(objects: readonly Planted[]): Answer {
  const detections = objects.map(({ box }, i) => {
    const score = 0.9 - i / 1000
    return {
      box,
      class: i,
      label: `thing ${i}`,
      score,
      values: [score, score, 1, 1] as [number, number, number, number],
    }
  })
  return { kind: 'detect', width: SIDE, height: SIDE, detections, found: objects.length }
}

function scored(objects: readonly Planted[], { coalitions, segments, targets }: Question & { kind: 'score' }): Answer {
  const masks = Array.from({ length: coalitionCount(coalitions) }, (_, i) =>
    maskAt(coalitionAt(coalitions, segments, i), segments, RASTER, RASTER),
  )
  const values = targets.flatMap((target) => {
    const { points, marker } = objects[target.class]!
    const score = 0.9 - target.class / 1000
    return masks.map((mask) => {
      const kept = ([x, y]: Point) => mask[y * RASTER + x]!
      const share = marker ? 1 - marker.share + marker.share * kept(marker.at) : 1
      return score * share * points.reduce((product, point) => product * kept(point), 1)
    })
  })
  return { kind: 'score', values: Float32Array.from(values) }
}

/** A thing of 96 pixels a side whose corner is at a multiple of 10 pixels. */
function thingAt(x: number, y: number, marker?: Planted['marker']): Planted {
  const points = [2, 7].flatMap((down) => [2, 7].map((across): Point => [x / 10 + across, y / 10 + down]))
  return { box: [x, y, x + 96, y + 96], points, ...(marker && { marker }) }
}

/** The highest value within two positions of a point, and beyond that of all points. */
function peaks({ map }: Attribution, points: readonly Point[]) {
  let [near, far] = [0, 0]
  map.data.forEach((value, i) => {
    const [x, y] = [i % map.width, Math.floor(i / map.width)]
    if (points.some(([px, py]) => Math.abs(px - x) <= 2 && Math.abs(py - y) <= 2)) near = Math.max(near, value)
    else if (points.every(([px, py]) => Math.abs(px - x) > 8 || Math.abs(py - y) > 8)) far = Math.max(far, value)
  })
  return { near, far }
}

test('a marker far outside the box is found, over places and strengths', () => {
  const alone = searched([thingAt(100, 120)]).attributions[0]!
  for (const share of [0.15, 0.5]) {
    for (const at of [
      [50, 50],
      [60, 5],
      [33, 47],
      [5, 60],
    ] as const) {
      const thing = thingAt(100, 120, { at, share })
      const { attributions, forwards } = searched([thing])
      const { near, far } = peaks(attributions[0]!, [at])
      assert.ok(forwards <= 250)
      // Hidden at each of four levels, it takes its share with it; kept alone it does nothing.
      assert.ok(near - peaks(alone, [at]).near > 0.3 * share * 0.9, `marker of ${share} at ${at}: ${near}`)
      assert.ok(far > near)
    }
  }
})

test('a small thing is found to the cell, by hiding and by keeping', () => {
  const { map } = searched([{ box: [340, 350, 380, 390], points: [[36, 37]] }]).attributions[0]!
  const peak = map.data.indexOf(Math.max(...map.data))
  assert.ok(Math.abs((peak % 64) - 36) <= 1 && Math.abs(Math.floor(peak / 64) - 37) <= 1)
  // All of the score goes with its cell, and comes with it, at four levels.
  assert.ok(map.data[peak]! > 0.6 * 0.9)
})

test('what speaks against a target is negative', () => {
  const at: Point = [50, 20]
  const against: Planted = { box: [100, 100, 200, 200], points: [[15, 15]], marker: { at, share: -0.8 } }
  const { map } = searched([against]).attributions[0]!
  assert.ok(map.data[at[1] * 64 + at[0]]! < -0.1)
})

test('things apart share forwards: twelve take hardly more than one, and each is found', () => {
  const places = [40, 200, 360, 520].flatMap((x) => [40, 280, 520].map((y) => [x, y] as const))
  const things = places.map(([x, y]) => thingAt(x, y))
  const alone = searched(things.slice(0, 1))
  const together = searched(things)
  assert.ok(together.forwards < 2 * alone.forwards, `${together.forwards} forwards, ${alone.forwards} for one`)
  assert.ok(together.forwards <= 250)
  together.attributions.forEach((made, i) => {
    const { near, far } = peaks(made, things[i]!.points)
    assert.ok(near > 0.25 && far < 0.5 * near, `thing ${i}: ${near} there, ${far} elsewhere`)
  })
  assert.deepEqual(together.attributions[0]!.map, alone.attributions[0]!.map)
})

test('no more is asked than allowed, however many things lie on one another', () => {
  const things = Array.from({ length: 40 }, (_, i) => thingAt(20 + 10 * ((i * 7) % 50), 20 + 10 * ((i * 11) % 50)))
  for (const forwards of [36, 60, 100]) {
    const { attributions, ...run } = searched(things, { forwards })
    assert.ok(run.forwards <= forwards && run.forwards > 0.8 * forwards, `${run.forwards} of ${forwards}`)
    for (const made of attributions) {
      assert.ok(made.forwards <= run.forwards)
      assert.ok(made.map.data.every(Number.isFinite))
    }
  }
})

test('a value that never moves is not searched for, and has an empty map', () => {
  const { attributions, forwards } = searched([{ box: [0, 0, 100, 100], points: [] }])
  assert.ok(attributions[0]!.map.data.every((value) => value === 0))
  assert.equal(forwards, 35)
})

test('a budget is in all, and must suffice for the first level', () => {
  const spec = methodSpec('aise', {}, 100)
  assert.deepEqual([spec.params.forwards, methodNamed('aise').cost(spec.params)], [100, 100])
  assert.equal(methodNamed('aise').cost(methodSpec('aise').params), 179)
  assert.throws(() => methodSpec('aise', {}, 34), { code: 'USAGE', message: /34 forwards.*at least 35/ })
})
