import assert from 'node:assert/strict'
import type { Clause } from '../store.ts'
import { claim, claimOne, LEASE_MS, newItem, P, startJob, topics } from './scene.ts'

export function claimClauses(clause: Clause): void {
  clause('S12 claims live before bulk, then from the job with fewest open items, then by arrival', async (stage) => {
    const { store } = stage
    await startJob(stage, 'one', ['1a', '1b', '1c', '1d'])
    stage.clock.advance(1)
    await startJob(stage, 'two', ['2b', '2a'])
    stage.clock.advance(1)
    await startJob(stage, 'live', ['3a', '3b'], { lane: 'live' })
    const taken = async (limit: number) => {
      const claims = await claim(stage, limit)
      return Promise.all(claims.map(async ({ job, item }) => (await store.getItem(P, job, item))?.name))
    }
    assert.deepEqual(await taken(1), ['3a'])
    assert.deepEqual(await taken(3), ['3b', '1a', '2b'])
    await startJob(stage, 'three', ['4a'])
    assert.deepEqual(await taken(2), ['4a', '1b'])
    assert.deepEqual(await taken(10), ['2a', '1c', '1d'])
    assert.deepEqual(await taken(10), [])
    assert.deepEqual(await taken(0), [])
  })

  clause('S12 claims of one lane alone when asked to', async (stage) => {
    const { store } = stage
    await startJob(stage, 'bulk', ['a'])
    await startJob(stage, 'live', ['b', 'c'], { lane: 'live' })
    await store.renewLease('me', 1_000)
    const jobs = async (lane: 'live' | 'bulk', limit: number) =>
      (await store.claimItems('me', limit, { lane })).map(({ job }) => job)
    assert.deepEqual(await jobs('live', 1), ['live'])
    assert.deepEqual(await jobs('bulk', 9), ['bulk'])
    assert.deepEqual(await jobs('bulk', 9), [])
    assert.deepEqual(await jobs('live', 9), ['live'])
  })

  clause('S13 gives nothing to an owner without a lease', async (stage) => {
    await startJob(stage, 'a', ['x'])
    assert.deepEqual(await stage.store.claimItems('alice', 1), [])
    await stage.store.renewLease('alice', LEASE_MS)
    stage.clock.advance(LEASE_MS)
    assert.deepEqual(await stage.store.claimItems('alice', 1), [])
    await stage.store.renewLease('alice', LEASE_MS)
    await stage.store.renewLease('alice', LEASE_MS)
    assert.equal((await stage.store.claimItems('alice', 1)).length, 1)
  })

  clause('S13 tells an owner what it holds, whether or not it heard of its claims', async (stage) => {
    const { store } = stage
    await startJob(stage, 'a', ['x', 'y', 'z'])
    await store.renewLease('alice', LEASE_MS)
    await store.renewLease('bob', LEASE_MS)
    assert.deepEqual(await store.heldItems('alice'), [])
    const claims = await store.claimItems('alice', 2)
    const [other] = await store.claimItems('bob', 1)
    assert.deepEqual(await store.heldItems('alice'), claims)
    assert.deepEqual(await store.heldItems('bob'), [other])
    await store.changeJob(P, 'a', 'pause')
    assert.deepEqual(await store.heldItems('alice'), [])
  })

  clause('S14 takes items from whom lets the lease run out', async (stage) => {
    const { store, clock } = stage
    await startJob(stage, 'a', ['x', 'y', 'z'])
    const x = await claimOne(stage, 'alice')
    clock.advance(LEASE_MS - 1)
    const y = await claimOne(stage, 'bob')
    assert.deepEqual(await store.releaseExpired(), { items: 0, outbox: [] })
    clock.advance(1)
    const released = await store.releaseExpired()
    assert.deepEqual([released.items, topics(released)], [1, ['items.ready']])
    assert.deepEqual(await store.releaseExpired(), { items: 0, outbox: [] })
    assert.deepEqual(await claimOne(stage, 'carol'), x)
    assert.equal((await store.getItem(P, 'a', y.item))?.state, 'open')
  })

  clause('S14 releases the items of everyone on demand', async (stage) => {
    await startJob(stage, 'a', ['x', 'y'])
    await startJob(stage, 'b', ['z'])
    await claim(stage)
    const released = await stage.store.releaseExpired({ everyone: true })
    assert.deepEqual([released.items, topics(released)], [3, ['items.ready', 'items.ready']])
    assert.equal((await stage.store.claimItems('alice', 10)).length, 3)
  })

  clause('S15 never gives one item to two owners', async (stage) => {
    const { store } = stage
    await startJob(
      stage,
      'a',
      Array.from({ length: 30 }, (_, i) => `${i}`),
    )
    await startJob(stage, 'b', ['x'])
    const owners = ['alice', 'bob', 'carol', 'dave']
    for (const owner of owners) await store.renewLease(owner, LEASE_MS)
    const claims = await Promise.all(Array.from({ length: 16 }, (_, i) => store.claimItems(owners[i % 4]!, 3)))
    const items = claims.flat().map(({ item }) => item)
    assert.equal(new Set(items).size, items.length)
    const rest = await store.claimItems('alice', 100)
    assert.equal(items.length + rest.length, 31)
    assert.ok(items.includes(newItem('b', 'x').id))
  })
}
