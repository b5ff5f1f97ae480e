import assert from 'node:assert/strict'
import type { Page, Paging } from '@fanlight/ports'
import type { Clause } from '../store.ts'
import {
  ask,
  bad,
  claim,
  claimOne,
  counted,
  explanationOf,
  jobSpec,
  newItem,
  openOne,
  P,
  ref,
  startJob,
} from './scene.ts'

const hostile = '\'; DROP TABLE items; --\n"$1" \\ %s {} 👩‍🚀 \u202e <b>\u0007\u001b[31m é 漢'

async function allPages<T>(list: (paging: Paging) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const rows: T[] = []
  let after: string | undefined
  do {
    const page = await list({ limit, after })
    assert.ok(page.rows.length <= limit)
    rows.push(...page.rows)
    after = page.next
  } while (after !== undefined)
  return rows
}

export function itemClauses(clause: Clause): void {
  clause('S10 lists jobs newest first', async ({ store, clock }) => {
    for (const id of ['c', 'a', 'b', 'd']) {
      await store.createJob({ project: P, id, name: id, spec: jobSpec() })
      if (id !== 'a') clock.advance(1)
    }
    const jobs = await allPages((paging) => store.listJobs(P, paging), 2)
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['d', 'b', 'a', 'c'],
    )
  })

  clause('S10 lists items by name in the order of code points', async (stage) => {
    const names = ['b', 'B', 'a', '\u{1f600}', '\uffee', 'é', '10', '9']
    await startJob(stage, 'a', names)
    const items = await allPages((paging) => stage.store.listItems(P, 'a', paging), 3)
    assert.deepEqual(
      items.map(({ name }) => name),
      ['10', '9', 'B', 'a', 'b', 'é', '\uffee', '\u{1f600}'],
    )
    assert.deepEqual(await stage.store.listItems(P, 'nothing', { limit: 3 }), { rows: [], next: undefined })
  })

  clause('S10 keeps a cursor good when rows come and go', async (stage) => {
    await startJob(stage, 'a', ['a', 'b', 'c', 'd'])
    const { rows, next } = await stage.store.listItems(P, 'a', { limit: 2 })
    await stage.store.addItems(P, 'a', [newItem('a', 'aa'), newItem('a', 'cc')])
    await stage.store.forgetImage(P, rows[1]!.image!.sha256)
    const rest = await stage.store.listItems(P, 'a', { limit: 10, after: next })
    assert.deepEqual(
      rest.rows.map(({ name }) => name),
      ['c', 'cc', 'd'],
    )
    for (const after of ['nonsense', '', '../..', 'e30', '\0']) {
      await assert.rejects(stage.store.listItems(P, 'a', { limit: 2, after }), { code: 'USAGE' })
      await assert.rejects(stage.store.listJobs(P, { limit: 2, after }), { code: 'USAGE' })
    }
  })

  clause('S10 pages through 5,000 items', async ({ store, clock }) => {
    await store.createJob({ project: P, id: 'a', name: 'many', spec: jobSpec() })
    const items = Array.from({ length: 5000 }, (_, i) => newItem('a', `${i}.jpg`))
    for (let from = 0; from < 5000; from += 500) await store.addItems(P, 'a', items.slice(from, from + 500))
    const listed = await allPages((paging) => store.listItems(P, 'a', paging), 999)
    assert.deepEqual(
      listed.map(({ name }) => name),
      items.map(({ name }) => name).sort(),
    )
    assert.equal((await store.getJob(P, 'a'))?.items.waiting, 5000)
    const claimed = await claim({ store, clock }, 700)
    assert.deepEqual(
      claimed.map(({ item }) => item),
      items.slice(0, 700).map(({ id }) => id),
    )
  })

  clause('S11 keeps text as it is', async (stage) => {
    const { store } = stage
    await store.createJob({ project: P, id: hostile, name: hostile, spec: jobSpec({ methods: [hostile] }) })
    const item = { ...newItem(hostile, hostile), id: hostile, slice: { [hostile]: hostile, '': '' } }
    await store.addItems(P, hostile, [item])
    const claimed = await claimOne(stage, hostile)
    assert.deepEqual([claimed.job, claimed.item, claimed.spec], [hostile, hostile, jobSpec({ methods: [hostile] })])
    const { id } = explanationOf(claimed)
    await store.openExplanation(claimed, explanationOf(claimed))
    await store.countTargets(P, hostile, hostile, id, [counted('t', [1n], hostile, hostile)])
    await store.endExplanation(P, id, { ok: false, failure: { code: 'MODEL_INVALID', message: hostile } })
    const row = await store.getItem(P, hostile, hostile)
    assert.deepEqual([row?.name, row?.slice, row?.failure?.message], [hostile, item.slice, hostile])
    assert.deepEqual(await store.listAggregates(P, hostile), [
      { method: hostile, key: hostile, targets: 1, sums: [1n] },
    ])
    assert.equal((await store.getJob(P, hostile))?.name, hostile)
  })

  clause('S11 bears NUL and half characters in names and failures', async (stage) => {
    const nasty = 'a\0b\ud800'
    const failure = { code: 'MODEL_INVALID', message: nasty }
    await startJob(stage, 'a', [])
    await stage.store.addItems(P, 'a', [{ ...newItem('a', 'x'), name: nasty, slice: { [nasty]: nasty } }])
    const { explanation, claimed } = await openOne(stage)
    await ask(stage, explanation.id)
    await stage.store.startShard(ref(explanation.id, 0))
    await stage.store.recordAttemptFailure(ref(explanation.id, 0), failure)
    await stage.store.storeAnswer(ref(explanation.id, 0), bad(nasty), { forwards: 0, durationMs: 0 })
    const row = await stage.store.getItem(P, 'a', claimed.item)
    assert.deepEqual([row?.name, row?.slice], ['a␀b\ufffd', { [nasty]: nasty }])
    assert.equal((await stage.store.readExplanation(P, explanation.id))?.failure?.message, nasty)
    await stage.store.countTargets(P, 'a', claimed.item, explanation.id, [counted('t', [1n], nasty, nasty)])
    const [aggregate] = await stage.store.listAggregates(P, 'a')
    assert.deepEqual([aggregate?.method, aggregate?.key], ['a␀b\ufffd', 'a␀b\ufffd'])
  })

  clause('S11 refuses NUL and half characters in ids', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', [])
    for (const id of ['a\0', '\udc00']) {
      const refused = { code: 'MESSAGE_INVALID', retry: 'never' }
      await assert.rejects(store.createJob({ project: P, id, name: 'x', spec: jobSpec() }), refused)
      await assert.rejects(store.addItems(P, 'a', [newItem('a', 'x'), { ...newItem('a', 'y'), id }]), refused)
      const reads = [() => store.getJob(P, id), () => store.getItem(P, 'a', id), () => store.readExplanation(P, id)]
      for (const read of reads) {
        // Nothing can be found under them; a driver may also say why.
        assert.equal(await read().catch((error) => (error.code === refused.code ? undefined : error)), undefined)
      }
    }
    assert.equal((await store.getJob(P, 'a'))?.items.waiting, 0)
  })
}
