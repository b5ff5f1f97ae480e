import assert from 'node:assert/strict'
import { sha256 } from '@fanlight/contracts'
import type { Clause } from '../store.ts'
import {
  ask,
  bodies,
  claim,
  claimOne,
  endBadly,
  endWell,
  explanationOf,
  image,
  method,
  newItem,
  openOne,
  P,
  ref,
  result,
  startJob,
  storeGood,
  topics,
} from './scene.ts'

export function explanationClauses(clause: Clause): void {
  clause('S16 computes an explanation once for two items and two jobs', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'twin=x'], { seal: true })
    await startJob(stage, 'b', ['other=x', 'left=x'], { seal: true })
    const claims = await claim(stage, 3)
    const { id } = explanationOf(claims[0]!)
    for (const claimed of claims) {
      const opened = await store.openExplanation(claimed, explanationOf(claimed))
      assert.deepEqual(opened, { state: 'open', outbox: [] })
    }
    const sends = await endWell(stage, id)
    const made = bodies(sends, 'attributions.made').map(({ job, item }) => `${job} ${item}`)
    assert.deepEqual(made.sort(), claims.map(({ job, item }) => `${job} ${item}`).sort())
    assert.deepEqual(
      bodies(sends, 'jobs.changed')
        .map(({ job }) => job)
        .sort(),
      ['a', 'b'],
    )
    assert.equal((await store.getJob(P, 'a'))?.state, 'done')
    const other = await store.getJob(P, 'b')
    assert.deepEqual([other?.state, other?.items.done, other?.items.waiting], ['running', 1, 1])
    assert.deepEqual((await store.getResult(P, id))?.result, result(['target']))
  })

  clause('S16 keeps what an explanation is of', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    const { questions, ...history } = (await stage.store.readExplanation(P, explanation.id))!
    const identity = { id: explanation.id, image: image('x'), method: method('drise'), spec: claimed.spec }
    const expected = { ...identity, project: P, state: 'open', lane: 'bulk', wanted: true, failure: undefined }
    assert.deepEqual([history, questions], [expected, []])
    assert.equal(await stage.store.getResult(P, explanation.id), undefined)
    await endWell(stage, explanation.id)
    assert.deepEqual(await stage.store.getResult(P, explanation.id), { ...identity, result: result(['target']) })
    assert.equal(await stage.store.readExplanation(P, sha256('nothing')), undefined)
    assert.equal(await stage.store.getResult(P, sha256('nothing')), undefined)
  })

  clause('S16 goes on with an image and a model that have moved, while it is open', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    const place = (folder: string) => ({
      ...explanation,
      image: { ...explanation.image, uri: `file:///${folder}/x` },
      spec: { ...claimed.spec, detector: { ...claimed.spec.detector, uri: `/${folder}/yolo.onnx` } },
    })
    await store.openExplanation(claimed, place('moved'))
    const open = (await store.readExplanation(P, explanation.id))!
    assert.deepEqual([open.image, open.spec], [place('moved').image, place('moved').spec])
    await endWell(stage, explanation.id)
    await store.openExplanation(claimed, place('later'))
    assert.equal((await store.getResult(P, explanation.id))?.image.uri, 'file:///moved/x')
  })

  clause('S17 ends an item with the last of its methods', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'], { methods: ['drise', 'random', 'drise'], seal: true })
    const claimed = await claimOne(stage)
    await store.openExplanation(claimed, explanationOf(claimed, 1))
    assert.deepEqual(topics(await endWell(stage, explanationOf(claimed, 1).id)), ['attributions.made'])
    assert.equal((await store.getItem(P, 'a', claimed.item))?.state, 'open')
    await store.openExplanation(claimed, explanationOf(claimed, 0))
    await store.openExplanation(claimed, explanationOf(claimed, 2))
    assert.deepEqual(topics(await endWell(stage, explanationOf(claimed, 0).id)), ['attributions.made', 'jobs.changed'])
    assert.equal((await store.getItem(P, 'a', claimed.item))?.state, 'done')
    const listed = await store.listExplanations(P, 'a', claimed.item)
    assert.deepEqual(
      listed.map((row) => row.method.name),
      ['drise', 'random'],
    )
    assert.deepEqual(await store.listExplanations(P, 'a', 'nothing'), [])
  })

  clause('S17 fails an item with the first failure in the order of methods', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'], { methods: ['one', 'two', 'three'] })
    const claimed = await claimOne(stage)
    for (const nth of [2, 1, 0]) await store.openExplanation(claimed, explanationOf(claimed, nth))
    await endBadly(stage, explanationOf(claimed, 2).id, 'third')
    assert.deepEqual(topics(await endBadly(stage, explanationOf(claimed, 1).id, 'second')), [])
    assert.equal((await store.getItem(P, 'a', claimed.item))?.state, 'open')
    await endWell(stage, explanationOf(claimed, 0).id)
    const row = await store.getItem(P, 'a', claimed.item)
    assert.deepEqual([row?.state, row?.failure?.message], ['failed', 'second'])
    const listed = await store.listExplanations(P, 'a', claimed.item)
    assert.deepEqual(
      listed.map(({ state, failure }) => [state, failure?.message]),
      [
        ['done', undefined],
        ['failed', 'second'],
        ['failed', 'third'],
      ],
    )
  })

  clause('S17 ends items and their job when their explanations end at the same moment', async (stage) => {
    const { store } = stage
    const names = Array.from({ length: 12 }, (_, i) => `${i}`)
    await startJob(stage, 'a', [...names, ...names.map((name) => `twin ${name}=${name}`)], {
      methods: ['drise', 'random'],
    })
    await startJob(stage, 'b', names, { methods: ['random', 'drise'], seal: true })
    const claims = await claim(stage)
    const explanations = claims.flatMap((claimed) =>
      [0, 1].map((nth) => ({ claimed, explanation: explanationOf(claimed, nth) })),
    )
    await Promise.all(explanations.map(({ claimed, explanation }) => store.openExplanation(claimed, explanation)))
    await Promise.all([
      store.sealJob(P, 'a'),
      ...explanations.map(({ explanation }, i) =>
        i % 5 ? endWell(stage, explanation.id) : endBadly(stage, explanation.id),
      ),
    ])
    for (const job of ['a', 'b']) {
      const { state, items } = (await store.getJob(P, job))!
      assert.deepEqual(
        [state, items.waiting, items.open, items.done + items.failed],
        ['done', 0, 0, job === 'a' ? 24 : 12],
      )
    }
  })

  clause('S18 ends an item at once whose explanation has ended', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'], { seal: true })
    const x = await openOne(stage)
    await endWell(stage, x.explanation.id)
    const y = await openOne(stage)
    await endBadly(stage, y.explanation.id, 'broken', 'IMAGE_UNREADABLE')
    await startJob(stage, 'b', ['again=x', 'bad=y'], { seal: true })
    const [again, poor] = await claim(stage)
    const opened = await store.openExplanation(again!, explanationOf(again!))
    assert.deepEqual([opened.state, topics(opened)], ['done', ['attributions.made', 'jobs.changed']])
    assert.deepEqual(bodies(opened, 'attributions.made'), [
      { version: 1, project: P, job: 'b', item: again?.item, explanation: x.explanation.id },
    ])
    const repeated = await store.openExplanation(again!, explanationOf(again!))
    assert.deepEqual([repeated.state, topics(repeated)], ['done', ['attributions.made']])
    const failed = await store.openExplanation(poor!, explanationOf(poor!))
    assert.deepEqual([failed.state, topics(failed)], ['failed', ['jobs.changed']])
    assert.equal((await store.getItem(P, 'b', poor!.item))?.failure?.message, 'broken')
    assert.equal((await store.getJob(P, 'b'))?.state, 'done')
  })

  clause('S18 opens anew for another item what failed by chance, once', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'], { seal: true })
    const { claimed, explanation } = await openOne(stage)
    await ask(stage, explanation.id)
    await endBadly(stage, explanation.id, 'first')
    assert.equal((await store.openExplanation(claimed, explanation)).state, 'failed')
    await startJob(stage, 'b', ['x'], { seal: true })
    const other = await claimOne(stage)
    const moved = { ...explanation, image: { ...explanation.image, uri: 'file:///moved/x' } }
    assert.deepEqual(await store.openExplanation(other, moved), { state: 'open', outbox: [] })
    const { state, failure, questions, wanted, image: place } = (await store.readExplanation(P, explanation.id))!
    assert.deepEqual([state, failure, questions, wanted, place], ['open', undefined, [], true, moved.image])
    const again = await endBadly(stage, explanation.id, 'second')
    assert.deepEqual(topics(again), ['jobs.changed', 'jobs.changed'])
    assert.equal((await store.openExplanation(other, explanation)).state, 'failed')
    for (const { job, item } of [claimed, other])
      assert.equal((await store.getItem(P, job, item))?.failure?.message, 'second')
  })

  for (const how of ['opened by another job', 'retried by another job']) {
    clause(`S18 settles items that had failed with what was ${how} and ended well`, async (stage) => {
      const { store } = stage
      await startJob(stage, 'a', ['x', 'y'], { methods: ['drise', 'random'], seal: true })
      const [x, y] = await claim(stage)
      const lost = explanationOf(x!, 0).id
      if (how.startsWith('retried')) {
        await startJob(stage, 'b', ['x'], { seal: true })
        const other = await claimOne(stage)
        await store.openExplanation(other, explanationOf(other))
      }
      for (const claimed of [x!, y!])
        for (const nth of [0, 1]) await store.openExplanation(claimed, explanationOf(claimed, nth))
      for (const claimed of [x!, y!]) {
        await endBadly(stage, explanationOf(claimed, 0).id)
        await endWell(stage, explanationOf(claimed, 1).id)
      }
      assert.equal((await store.getJob(P, 'a'))?.items.failed, 2)
      if (how.startsWith('retried')) await store.reopenFailed(P, 'b')
      else await startJob(stage, 'b', ['x'], { seal: true })
      const other = await claimOne(stage)
      assert.equal((await store.openExplanation(other, explanationOf(other))).state, 'open')
      const sends = await endWell(stage, lost)
      assert.deepEqual(topics(sends), ['attributions.made', 'attributions.made', 'jobs.changed', 'jobs.changed'])
      const row = await store.getItem(P, 'a', x!.item)
      assert.deepEqual([row?.state, row?.failure], ['done', undefined])
      const { state, items, targets } = (await store.getJob(P, 'a'))!
      assert.deepEqual([state, items.done, items.failed, targets], ['done', 1, 1, 2])
      assert.equal((await store.getJob(P, 'b'))?.items.done, 1)
    })
  }

  clause('S19 opens nothing for an item that is gone or cancelled', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'])
    const [x, y] = await claim(stage)
    await store.forgetImage(P, x!.image.sha256)
    await store.changeJob(P, 'a', 'cancel')
    for (const claimed of [x!, y!]) {
      assert.deepEqual(await store.openExplanation(claimed, explanationOf(claimed)), { state: 'failed', outbox: [] })
      assert.equal(await store.readExplanation(P, explanationOf(claimed).id), undefined)
    }
  })

  clause('S19 opens nothing for an item that has another image by now', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x'])
    const stale = await claimOne(stage)
    await store.forgetImage(P, stale.image.sha256)
    await store.addItems(P, 'a', [newItem('a', 'x', 'new content')])
    assert.deepEqual(await store.openExplanation(stale, explanationOf(stale)), { state: 'failed', outbox: [] })
    assert.deepEqual(await store.listExplanations(P, 'a', stale.item), [])
  })

  clause('S20 is wanted by open items of running jobs, in the better of their lanes', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    const now = async () => {
      const { wanted, lane } = (await store.readExplanation(P, explanation.id))!
      return [wanted, lane]
    }
    assert.deepEqual(await now(), [true, 'bulk'])
    await startJob(stage, 'b', ['x'], { lane: 'live' })
    const live = await claimOne(stage)
    assert.deepEqual(await now(), [true, 'bulk'])
    await store.openExplanation(live, explanationOf(live))
    assert.deepEqual(await now(), [true, 'live'])
    await store.changeJob(P, 'b', 'pause')
    assert.deepEqual(await now(), [true, 'bulk'])
    clock.advance(1e6)
    await store.releaseExpired()
    assert.deepEqual(await now(), [false, 'live'])
    await store.changeJob(P, 'b', 'resume')
    await claimOne(stage)
    assert.deepEqual(await now(), [true, 'live'])
    await endWell(stage, explanation.id)
    assert.deepEqual(await now(), [false, 'live'])
  })

  clause('S28 ends an explanation once', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    clock.advance(1000)
    await ask(stage, explanation.id)
    clock.advance(200)
    await ask(stage, explanation.id, { ordinal: 1 })
    await endWell(stage, explanation.id, ['first'])
    clock.advance(50)
    assert.deepEqual(await endWell(stage, explanation.id, ['second']), { outbox: [] })
    assert.deepEqual(await endBadly(stage, explanation.id), { outbox: [] })
    assert.deepEqual(await endWell(stage, sha256('nothing')), { outbox: [] })
    const history = await store.readExplanation(P, explanation.id)
    assert.deepEqual([history?.state, history?.questions], ['done', []])
    const [listed] = await store.listExplanations(P, 'a', claimed.item)
    assert.deepEqual(listed, {
      item: claimed.item,
      explanation: explanation.id,
      method: method('drise'),
      state: 'done',
      result: result(['first']),
      failure: undefined,
      durationMs: 200,
    })
  })

  clause('S28 ends an open explanation well although a shard failed, and badly although none did', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { claimed, explanation } = await openOne(stage)
    assert.deepEqual(topics(await endBadly(stage, explanation.id, 'misused')), ['jobs.changed'])
    const history = await stage.store.readExplanation(P, explanation.id)
    assert.deepEqual([history?.state, history?.failure?.message], ['failed', 'misused'])
    const [listed] = await stage.store.listExplanations(P, 'a', claimed.item)
    assert.deepEqual([listed?.result, listed?.durationMs], [undefined, undefined])
    assert.equal(await stage.store.getResult(P, explanation.id), undefined)
  })

  clause('S29 opens again what failed, and only that', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y'], { methods: ['drise', 'random'] })
    const failure = { code: 'IMAGE_UNREADABLE', message: 'no JPEG' }
    await store.addItems(P, 'a', [{ id: 'broken', name: 'broken', slice: {}, failure }])
    await store.sealJob(P, 'a')
    const [x, y] = await claim(stage)
    for (const [claimed, nth] of [
      [x!, 0],
      [x!, 1],
      [y!, 0],
      [y!, 1],
    ] as const) {
      await store.openExplanation(claimed, explanationOf(claimed, nth))
      await ask(stage, explanationOf(claimed, nth).id)
    }
    await storeGood(stage, explanationOf(x!, 0).id, 0)
    await endBadly(stage, explanationOf(x!, 0).id)
    for (const id of [explanationOf(x!, 1).id, explanationOf(y!, 0).id, explanationOf(y!, 1).id])
      await endWell(stage, id)
    assert.equal((await store.getJob(P, 'a'))?.state, 'done')

    const reopened = await store.reopenFailed(P, 'a')
    assert.deepEqual([reopened.items, topics(reopened)], [1, ['items.ready', 'jobs.changed']])
    const job = await store.getJob(P, 'a')
    assert.deepEqual(job?.items, { waiting: 1, open: 0, done: 1, failed: 1, cancelled: 0 })
    assert.deepEqual([job?.state, job?.sealed], ['running', true])
    assert.deepEqual(await store.reopenFailed(P, 'a'), { items: 0, outbox: [] })
    assert.deepEqual(await claimOne(stage), x)
    assert.equal((await store.openExplanation(x!, explanationOf(x!, 0))).state, 'open')
    const { failure: none, questions } = (await store.readExplanation(P, explanationOf(x!, 0).id))!
    assert.deepEqual([none, questions], [undefined, []])
    assert.equal((await store.openExplanation(x!, explanationOf(x!, 1))).state, 'done')
    await ask(stage, explanationOf(x!, 0).id)
    assert.deepEqual(await store.startShard(ref(explanationOf(x!, 0).id, 0)), { do: 'work', attempt: 1, failures: [] })
    await endWell(stage, explanationOf(x!, 0).id)
    assert.equal((await store.getJob(P, 'a'))?.state, 'done')
    assert.equal((await store.getItem(P, 'a', x!.item))?.failure, undefined)
  })

  clause('S29 opens nothing of a cancelled job', async (stage) => {
    await startJob(stage, 'a', ['x'])
    const { explanation } = await openOne(stage)
    await endBadly(stage, explanation.id)
    await stage.store.changeJob(P, 'a', 'cancel')
    assert.deepEqual(await stage.store.reopenFailed(P, 'a'), { items: 0, outbox: [] })
    assert.deepEqual(await stage.store.reopenFailed(P, 'nothing'), { items: 0, outbox: [] })
  })
}
