import assert from 'node:assert/strict'
import type { Clause } from '../store.ts'
import { bodies, claimOne, jobSpec, newItem, P, type Stage, startJob, topics } from './scene.ts'

const source = { uri: 's3://bucket/photos/', maxPhotos: 1000 }

const create = ({ store }: Stage, id: string, given: typeof source | undefined = source) =>
  store.createJob({ project: P, id, name: id, spec: jobSpec(), source: given })

export function sourceClauses(clause: Clause): void {
  clause('S42 rings for the source of a job until it is sealed', async (stage) => {
    const { store } = stage
    const created = await create(stage, 'a')
    assert.deepEqual(topics(created), ['sources.ready'])
    assert.deepEqual(bodies(created, 'sources.ready'), [{ version: 1, project: P, job: 'a' }])
    const fresh = { source, cursor: undefined, sealed: false, state: 'running' }
    assert.deepEqual(await store.readSource(P, 'a'), fresh)
    const other = { uri: 'file:///elsewhere', maxPhotos: 1 }
    assert.deepEqual(topics(await create(stage, 'a', other)), ['sources.ready'])
    assert.deepEqual(await store.readSource(P, 'a'), fresh)
    await store.sealJob(P, 'a')
    assert.deepEqual(await store.readSource(P, 'a'), { ...fresh, sealed: true, state: 'done' })
    assert.deepEqual(topics(await create(stage, 'a')), [])
  })

  clause('S42 knows no source of a job that has none', async (stage) => {
    const { store } = stage
    assert.deepEqual(topics(await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec() })), [])
    await store.addItems(P, 'a', [newItem('a', 'x')], { cursor: 'x' })
    assert.equal(await store.readSource(P, 'a'), undefined)
    assert.deepEqual(topics(await create(stage, 'a')), [])
    assert.equal(await store.readSource(P, 'a'), undefined)
    assert.equal(await store.readSource(P, 'b'), undefined)
    await create(stage, 'c')
    assert.equal(await store.readSource('other', 'c'), undefined)
  })

  clause('S42 keeps a cursor with its items, or not at all', async (stage) => {
    const { store } = stage
    await create(stage, 'a')
    const cursor = 'photos/\0\ud800 7.jpg'
    assert.deepEqual(topics(await store.addItems(P, 'a', [newItem('a', 'x')], { cursor })), ['items.ready'])
    assert.equal((await store.readSource(P, 'a'))?.cursor, cursor)
    await store.addItems(P, 'a', [newItem('a', 'y')])
    assert.equal((await store.readSource(P, 'a'))?.cursor, cursor)
    const nothing = { id: 'n', name: 'n', slice: {} }
    await assert.rejects(store.addItems(P, 'a', [nothing], { cursor: 'lost' }), { code: 'MESSAGE_INVALID' })
    assert.equal((await store.readSource(P, 'a'))?.cursor, cursor)
    await store.addItems(P, 'a', [], { cursor: 'z' })
    assert.equal((await store.readSource(P, 'a'))?.cursor, 'z')
  })

  clause('S43 finds sources whose listing stopped', async (stage) => {
    const { store, clock } = stage
    const idle = async (idleMs = 50, limit = 9) => (await store.unfinishedSources(idleMs, limit)).map(({ job }) => job)
    await create(stage, 'a')
    clock.advance(10)
    await create(stage, 'b')
    await startJob(stage, 'none', ['x'])
    clock.advance(49)
    assert.deepEqual(await store.unfinishedSources(50, 9), [{ project: P, job: 'a' }])
    assert.deepEqual(await idle(), [])
    clock.advance(50)
    assert.deepEqual(await idle(50, 1), ['b'])
    assert.deepEqual(await idle(), ['a'])
    clock.advance(49)
    await store.addItems(P, 'a', [], { cursor: 'on' })
    await store.addItems(P, 'b', [newItem('b', 'y')])
    clock.advance(1)
    assert.deepEqual(await idle(), ['b'])
  })

  clause('S43 leaves alone what is sealed, paused, cancelled or done', async (stage) => {
    const { store, clock } = stage
    for (const id of ['sealed', 'paused', 'cancelled', 'done']) await create(stage, id)
    await store.addItems(P, 'sealed', [newItem('sealed', 'x')])
    await claimOne(stage)
    await store.sealJob(P, 'sealed')
    await store.sealJob(P, 'done')
    await store.changeJob(P, 'paused', 'pause')
    await store.changeJob(P, 'cancelled', 'cancel')
    clock.advance(1000)
    assert.deepEqual(await store.unfinishedSources(0, 9), [])
    assert.deepEqual(topics(await store.changeJob(P, 'paused', 'resume')), ['jobs.changed', 'sources.ready'])
    assert.deepEqual(await store.unfinishedSources(0, 9), [{ project: P, job: 'paused' }])
  })
}
