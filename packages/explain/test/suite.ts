import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardsOf, type MethodSpec, type Sha256, type TargetPolicy } from '@fanlight/contracts'
import { correlation, inBoxEnergy, pointsIntoBox } from '@fanlight/evaluate'
import { type Answer, type ExplainContext, type Explained, explainerFor, type Run, startRun } from '../src/index.ts'
import { answerOf, bytesOf, type PlantedModel } from './planted-model.ts'

export const hex = (digit: string): Sha256 => digit.repeat(64)

export const policy: TargetPolicy = { kind: 'detections', minScore: 0.3, maxTargets: 10, objectives: ['score'] }

export const contextOf = (changes: Partial<ExplainContext> = {}): ExplainContext => ({
  image: hex('a'),
  detector: hex('b'),
  policy,
  seed: 7,
  ...changes,
})

export const photo: PlantedModel = {
  width: 400,
  height: 300,
  objects: [
    { box: [60, 60, 140, 150], class: 1, score: 0.9 },
    { box: [260, 170, 330, 240], class: 0, score: 0.6 },
    { box: [10, 10, 30, 30], class: 0, score: 0.1 },
  ],
}

/** Drives a method to its end over a model. */
export function explained(
  spec: MethodSpec,
  context: ExplainContext,
  model: PlantedModel,
  shardSize?: number,
): Explained {
  const run = startRun(explainerFor(spec), context, spec.params)
  while (!run.current.done) run.answer(answerOf(model, run.current.question, shardSize))
  return run.current.explained
}

/** Everything about the result, with maps as bytes. */
const bitsOf = ({ attributions, ...rest }: Explained) => ({
  ...rest,
  attributions: attributions.map(({ map, ...numbers }) => ({
    ...numbers,
    ...map,
    data: bytesOf(map.data).toString('hex'),
  })),
})

interface Expected {
  /** False for a baseline that is blind on purpose. */
  readonly findsObjects: boolean
  /** Of methods that look where any target has evidence: a map depends on what else there is in the photo. */
  readonly sharesSearch?: boolean
  /** Asks what its answers ask for, and no more than it said. */
  readonly adaptive?: boolean
}

/** What every method owes: docs/spec/explainers.md. */
export function testExplainer(
  spec: MethodSpec,
  { findsObjects, sharesSearch = false, adaptive = false }: Expected,
): void {
  const { name } = spec

  test(`${name} makes one map of the whole image for each detection and objective, above the policy's score`, () => {
    const context = contextOf({ policy: { ...policy, objectives: ['score', 'box'] } })
    const { width, height, attributions, targetsCut } = explained(spec, context, photo)
    assert.deepEqual({ width, height, targetsCut }, { width: 400, height: 300, targetsCut: 0 })
    assert.deepEqual(
      attributions.map(({ target, fullValue }) => [target.label, target.objective, fullValue]),
      [
        ['class 1', 'score', 0.9],
        ['class 1', 'box', 0.8],
        ['class 0', 'score', 0.6],
        ['class 0', 'box', 0.8],
      ],
    )
    for (const { map, priorShare } of attributions) {
      assert.deepEqual([map.width, map.height, map.data.length], [64, 48, 64 * 48])
      assert.ok(map.data.every(Number.isFinite))
      assert.ok(priorShare >= 0 && priorShare <= 1)
    }
    assert.equal(new Set(attributions.map(({ target }) => target.id)).size, 4)
  })

  test(`${name} is deterministic, and a seed of its own makes another run`, () => {
    const once = bitsOf(explained(spec, contextOf(), photo))
    assert.deepEqual(bitsOf(explained(spec, contextOf(), photo)), once)
    if (once.attributions[0]!.stability === null) return
    const other = bitsOf(explained(spec, contextOf({ seed: 8 }), photo))
    assert.notEqual(other.attributions[0]!.data, once.attributions[0]!.data)
  })

  test(`${name} gives the same bits whatever the shard plan`, () => {
    const whole = bitsOf(explained(spec, contextOf(), photo, 10_000))
    for (const size of [1, 7, 32]) assert.deepEqual(bitsOf(explained(spec, contextOf(), photo, size)), whole)
  })

  if (!sharesSearch) {
    test(`${name} gives a target the same map whatever else there is in the photo`, () => {
      const alone = explained(spec, contextOf(), { ...photo, objects: photo.objects.slice(1) })
      const together = explained(spec, contextOf(), photo)
      assert.deepEqual(alone.attributions[0]!.target, together.attributions[1]!.target)
      assert.deepEqual(alone.attributions[0]!.map, together.attributions[1]!.map)
    })
  }

  test(`${name} replayed from recorded answers goes on like the run that made them`, () => {
    const recorded: { hash: string; answer: Answer }[] = []
    const run = startRun(explainerFor(spec), contextOf(), spec.params)
    while (!run.current.done) {
      const answer = answerOf(photo, run.current.question)
      recorded.push({ hash: run.current.hash, answer })
      run.answer(answer)
    }
    for (let known = 0; known <= recorded.length; known++) {
      const replayed = startRun(explainerFor(spec), contextOf(), spec.params)
      for (const { hash, answer } of recorded.slice(0, known)) {
        assert.equal(hashNow(replayed), hash)
        replayed.answer(answer)
      }
      while (!replayed.current.done) replayed.answer(answerOf(photo, replayed.current.question))
      assert.deepEqual(bitsOf(replayed.current.explained), bitsOf(run.current.explained))
    }
  })

  test(`${name} asks nothing more about a photo without detections`, () => {
    const run = startRun(explainerFor(spec), contextOf(), spec.params)
    assert.ok(!run.current.done)
    run.answer(answerOf({ ...photo, objects: [] }, run.current.question))
    assert.deepEqual(endOf(run), { width: 400, height: 300, attributions: [], targetsCut: 0 })
  })

  test(`${name} maps tiny and narrow images with 64 cells along the longer side`, () => {
    const shapes = [
      [1, 1, 64, 64],
      [1, 500, 1, 64],
      [500, 1, 64, 1],
      [10, 7, 64, 45],
    ] as const
    for (const [width, height, columns, rows] of shapes) {
      const model = { width, height, objects: [{ box: [0, 0, width, height] as const, class: 0, score: 0.9 }] }
      const { map } = explained(spec, contextOf(), model).attributions[0]!
      assert.deepEqual([map.width, map.height, map.data.length], [columns, rows, columns * rows])
      assert.ok(map.data.every(Number.isFinite))
    }
  })

  test(`${name} asks for as many forwards as it said`, () => {
    const run = startRun(explainerFor(spec), contextOf(), spec.params)
    let asked = 0
    // What gradients cost goes by targets: what is said is for one.
    const alone = { ...photo, objects: photo.objects.slice(0, 1) }
    while (!run.current.done) {
      const { question } = run.current
      asked += forwardsOf(question)
      run.answer(answerOf(alone, question))
    }
    const cost = explainerFor(spec).cost(spec.params)
    if (adaptive) assert.ok(asked <= cost, `asked ${asked} forwards, said ${cost}`)
    else assert.equal(asked, cost)
    for (const { forwards } of run.current.explained.attributions) assert.ok(forwards === asked || forwards === 0)
  })

  if (findsObjects) {
    test(`${name} finds the planted objects, each in its own map`, () => {
      const { attributions } = explained(spec, contextOf(), photo)
      for (const { target, map } of attributions) {
        const [x1, y1, x2, y2] = target.box
        const share = ((x2 - x1) * (y2 - y1)) / (photo.width * photo.height)
        assert.equal(pointsIntoBox(map, target.box, photo), true)
        assert.ok(inBoxEnergy(map, target.box, photo)! > 4 * share)
      }
      const [one, other] = attributions.map(({ map }) => map.data)
      assert.ok(correlation(one!, other!)! < 0.5)
    })
  }
}

function endOf({ current }: Run): Explained {
  assert.ok(current.done)
  return current.explained
}

function hashNow({ current }: Run): string {
  assert.ok(!current.done)
  return current.hash
}
