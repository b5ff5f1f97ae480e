import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { InputError, TransientError } from '@fanlight/ports'
import { gate, handMade, openStage, photo, project, until, uri } from './stage.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

suite('listing of sources', { timeout: 20_000 }, () => {
  test('goes on behind its cursor after it was cut off, with what was found before', async () => {
    await using stage = openStage()
    let isAway = true
    const source = handMade(NAMES, (name) => {
      if (name !== 'f' || !isAway) return
      isAway = false
      throw new TransientError('STORE_UNAVAILABLE', 'away')
    })
    await stage.createJob()
    await (await stage.start(source, { batchSize: 3 }))()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual(source.listings, [undefined, 'e'])
    assert.deepEqual(await stage.names(), NAMES)
  })

  test('skips a ring for what this process lists already', async () => {
    await using stage = openStage()
    const stuck = gate()
    const source = handMade(NAMES, (name) => (name === 'c' ? stuck.wait : undefined))
    await stage.createJob()
    const ring = await stage.start(source)
    await ring('first')
    await until(() => source.given.length === 2)
    await ring('second')
    await ring('third')
    await new Promise((resolve) => setTimeout(resolve, 20))
    stuck.open()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual(source.listings, [undefined])
    assert.deepEqual(await stage.names(), NAMES)
  })

  test('moves the cursor after some seconds though a batch is not full, so that nobody rings for it', async () => {
    await using stage = openStage()
    const stuck = gate()
    const source = handMade(NAMES, (name) => (name === 'c' ? stuck.wait : undefined))
    await stage.createJob()
    await (await stage.start(source, { flushMs: 5_000 }))()
    await until(() => source.given.length === 2)
    stage.clock.advance(4_999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal((await stage.read()).cursor, undefined)
    stage.clock.advance(1)
    await until(async () => (await stage.read()).cursor === 'b')
    assert.deepEqual(await stage.names(), ['a', 'b'])
    stage.clock.advance(59_999)
    assert.deepEqual(await stage.store.unfinishedSources(60_000, 9), [])
    stuck.open()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual(await stage.names(), NAMES)
  })

  test('leaves a source to the other process that is further, and neither sets its cursor back', async () => {
    await using stage = openStage()
    const stuck = gate()
    const slow = handMade(NAMES, (name) => (name === 'b' ? stuck.wait : undefined))
    const last = gate()
    const quick = handMade(NAMES, (name) => (name === 'g' ? last.wait : undefined))
    await stage.createJob()
    await (await stage.start(slow, { batchSize: 2 }))()
    await until(() => slow.given.length === 1)
    await (await stage.start(quick, { batchSize: 2 }))()
    await until(async () => (await stage.read()).cursor === 'f')
    stuck.open()
    await until(() => slow.given.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const { cursor, sealed } = await stage.read()
    assert.deepEqual([cursor, sealed, slow.given], ['f', false, ['a', 'b']])
    last.open()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual(await stage.names(), NAMES)
    assert.equal((await stage.store.getJob(project, 'job'))?.items.waiting, NAMES.length)
  })

  test('takes the first so many photos, no more than those, and seals then', async () => {
    await using stage = openStage()
    const source = handMade(NAMES)
    await stage.createJob({ uri, maxPhotos: 5 })
    await stage.store.addItems(project, 'job', [{ ...photo('a'), id: 'of an earlier listing', slice: {} }], {
      cursor: 'a',
    })
    await (await stage.start(source, { batchSize: 3 }))()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual([await stage.names(), source.given], [NAMES.slice(0, 5), NAMES.slice(1, 5)])
  })

  test('seals no source early of which two processes take the first so many', async () => {
    await using stage = openStage()
    const stuck = gate()
    const slow = handMade(NAMES, (name) => (name === 'd' ? stuck.wait : undefined))
    const last = gate()
    const quick = handMade(NAMES, (name) => (name === 'e' ? last.wait : undefined))
    await stage.createJob({ uri, maxPhotos: 5 })
    const options = { batchSize: 4 }
    await (await stage.start(slow, options))()
    await until(() => slow.given.length === 3)
    await (await stage.start(quick, options))()
    await until(async () => (await stage.read()).cursor === 'd')
    stuck.open()
    await until(() => slow.given.length >= 4)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([(await stage.read()).sealed, slow.given.length], [false, 4])
    last.open()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual(await stage.names(), NAMES.slice(0, 5))
  })

  test('stops when its job is paused in the middle, and goes on when it is rung for again', async () => {
    await using stage = openStage()
    const stuck = gate()
    const source = handMade(NAMES, (name) => (name === 'd' ? stuck.wait : undefined))
    await stage.createJob()
    const ring = await stage.start(source, { batchSize: 2 })
    await ring()
    await until(() => source.given.length === 3)
    await stage.store.changeJob(project, 'job', 'pause')
    stuck.open()
    await until(async () => (await stage.read()).cursor === 'd')
    await ring()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(
      [source.given, source.listings, (await stage.read()).sealed],
      [NAMES.slice(0, 4), [undefined], false],
    )
    await stage.store.changeJob(project, 'job', 'resume')
    await ring()
    await until(async () => (await stage.read()).sealed)
    assert.deepEqual([source.listings, await stage.names()], [[undefined, 'd'], NAMES])
  })

  test('ends the job of a source that is refused with that failure, and keeps what was found before', async () => {
    await using stage = openStage()
    const source = handMade(NAMES, (name) => {
      if (name === 'c') throw new InputError('INPUT_NOT_FOUND', 'no such bucket')
    })
    await stage.createJob()
    await (await stage.start(source))()
    await until(async () => (await stage.read()).sealed)
    const { rows } = await stage.store.listItems(project, 'job', { limit: 9 })
    assert.deepEqual(
      rows.map(({ name, state, failure }) => [name, state, failure?.code]),
      [
        ['a', 'waiting', undefined],
        ['b', 'waiting', undefined],
        [uri, 'failed', 'INPUT_NOT_FOUND'],
      ],
    )
  })
})
