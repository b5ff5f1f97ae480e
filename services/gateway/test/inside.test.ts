import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { type DetectorRef, sha256 } from '@fanlight/contracts'
import { createGateway } from '../src/index.ts'
import { ActivationsReply, ChannelsReply, DreamReply } from '../src/inside-views.ts'
import { Problem } from '../src/problem.ts'
import { hostileName, photosAbsent, registerReal } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

suite('what goes on inside a detector over HTTP', { timeout: 120_000 }, () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) => test(title, { skip: photosAbsent }, run)
  let stage: Stage
  let app: ReturnType<typeof createGateway>
  let real: DetectorRef

  before(async () => {
    if (photosAbsent) return
    stage = await openStage()
    real = await registerReal(stage.options.store)
    app = createGateway(stage.options)
  })

  after(async () => {
    await app?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const get = (url: string, wait = 30) =>
    app.inject({ method: 'GET', url, ...(wait > 0 && { headers: { prefer: `wait=${wait}` } }) })
  const of = (name: string) => `job=done&item=${stage.seeded.items.get(name)}`
  const jumper = 'photos/000000002473.jpg'
  const activations = (query: string) => get(`/v1/detectors/${real.id}/activations?${query}`)

  /** What is asked for until it is there, and how often it was not yet. */
  async function ended(url: string) {
    for (let waits = 0; ; waits += 1) {
      const answer = await get(url)
      if (answer.statusCode !== 202) return { answer, waits }
      assert.equal(answer.headers['retry-after'], '1')
    }
  }

  check('channels by relevance, activation functions and pictures of the surest detection', async () => {
    const answer = await activations(of(jumper))
    assert.equal(answer.statusCode, 200)
    assert.match(String(answer.headers['cache-control']), /no-store/)
    const { detections, target, layer, channels, functions, pictures } = ActivationsReply.parse(answer.json())
    assert.equal(target, 0)
    assert.ok(detections[0]!.score > 0.7)
    assert.deepEqual([channels.length, layer.channels], [64, 64])
    const relevance = channels.map((one) => one.relevance!)
    assert.deepEqual(
      relevance,
      relevance.toSorted((a, b) => b - a),
    )
    assert.ok(functions.length > 70)
    for (const [name, type] of [
      [pictures.photo, 'image/jpeg'],
      [pictures.best!, 'image/png'],
    ] as const) {
      const picture = await get(`/v1/pictures/${name}`)
      assert.deepEqual([picture.statusCode, picture.headers['content-type']], [200, type])
      assert.equal(sha256(picture.rawPayload), name)
    }
  })

  check('a target of the photo, a detection by its number, another layer', async () => {
    const item = stage.seeded.items.get(jumper)
    const { explanations } = (await get(`/v1/jobs/done/items/${item}/explanations`)).json()
    const known = explanations[0].result.attributions[1].target
    const byTarget = ActivationsReply.parse((await activations(`${of(jumper)}&target=${known.id}`)).json())
    const { box } = byTarget.detections[byTarget.target]!
    assert.ok(
      box.every((side, at) => Math.abs(side - known.box[at]) < 15),
      `${box} is not ${known.box}`,
    )
    const third = ActivationsReply.parse((await activations(`${of(jumper)}&detection=3&layer=Conv_47`)).json())
    assert.deepEqual([third.target, third.layer.channels, third.channels.length], [2, 32, 32])
  })

  check('refuses what is not there, in words that help', async () => {
    const id = real.id
    for (const [url, status, said] of [
      [`/v1/detectors/${sha256('nobody')}/activations?${of(jumper)}`, 404, /no detector/],
      [`/v1/detectors/${id}/activations?job=done&item=${sha256('none')}`, 404, /no photo/],
      [`/v1/detectors/${id}/activations?${of('photos/cut-off.jpg')}`, 404, /ends in the middle of its pixels/],
      [`/v1/detectors/${id}/activations?${of(jumper)}&target=${sha256('none')}`, 404, /no target/],
      [`/v1/detectors/${id}/activations?${of(jumper)}&detection=90`, 404, /it has 1 "class 0" \(0\.81\)/],
      [`/v1/detectors/${id}/activations?${of(jumper)}&layer=Conv_9999`, 400, /Conv_/],
      [`/v1/detectors/${id}/activations?${of(jumper)}&minScore=2`, 400, /schema/],
      [`/v1/detectors/${id}/channels?job=nothing`, 404, /no job/],
      [`/v1/detectors/${id}/channels?job=done&photos=51`, 400, /schema/],
      [`/v1/detectors/${id}/dream`, 400, /either a class, or a layer/],
      [`/v1/detectors/${id}/dream?class=80&steps=2`, 400, /80/],
      [`/v1/pictures/${sha256('none')}`, 404, /kept no longer/],
    ] as const) {
      const answer = await get(url)
      const problem = Problem.parse(answer.json())
      assert.equal(problem.status, status, `${url}: ${answer.body}`)
      assert.match(problem.detail, said)
    }
  })

  check('channels that drive classes over the photos of a job, with what turning them off does', async () => {
    const url = `/v1/detectors/${real.id}/channels?job=done&photos=3`
    const early = await get(url, 0)
    assert.equal(early.statusCode, 202)
    assert.deepEqual(Object.keys(early.json()).sort(), ['doing', 'done', 'of'])
    const { answer } = await ended(url)
    const view = ChannelsReply.parse(answer.json())
    assert.equal(view.photos, 3)
    const [first] = view.classes
    const [best] = first!.channels
    assert.ok(best!.relevance! > 0)
    assert.ok(best!.silenced!.silencedScore! < best!.silenced!.score!)
    const known = new Set(stage.seeded.items.values())
    for (const { patches } of view.cards) for (const { item } of patches) assert.ok(known.has(item))
    const picture = await get(`/v1/pictures/${view.cards[0]!.patches[0]!.picture}`)
    assert.match(String(picture.headers['content-type']), /^image\//)
    assert.doesNotMatch(answer.body, /file:|shared\/|\/models\//)
  })

  check('a photo with a hostile name is as any other', async () => {
    const { statusCode } = await activations(of(hostileName))
    assert.equal(statusCode, 200)
  })

  check('a dream rises, with pictures of the way', async () => {
    const { answer } = await ended(`/v1/detectors/${real.id}/dream?class=0&steps=6`)
    const { steps } = DreamReply.parse(answer.json())
    assert.equal(steps.length, 7)
    assert.ok(steps.at(-1)!.value! > steps[0]!.value!)
    const picture = await get(`/v1/pictures/${steps.at(-1)!.picture}`)
    assert.equal(picture.headers['content-type'], 'image/png')
  })

  check('a gateway that looks into nothing says so', async () => {
    const { inside, inspect, ...without } = stage.options
    const blind = createGateway(without)
    for (const view of [`activations?${of(jumper)}`, 'channels?job=done', 'dream?class=0']) {
      const headers = { prefer: 'wait=5' }
      const answer = await blind.inject({ method: 'GET', url: `/v1/detectors/${real.id}/${view}`, headers })
      assert.equal(answer.statusCode, 503, view)
    }
    await blind.close()
  })
})
