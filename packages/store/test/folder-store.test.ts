import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { isFanlightError, systemClock } from '@fanlight/ports'
import { openDatabase, openStore } from '@fanlight/store'
import { sql } from 'kysely'
import { storeError } from '../src/database.ts'
import { pgliteDialect } from '../src/pglite-dialect.ts'
import { newFolder, storeTemplate } from './store-folder.ts'
import { jobSpec } from './writing.ts'

const newStoreFolder = await storeTemplate({ after })

interface Acknowledged {
  readonly explanation: string
  readonly item: string
  readonly job: string
  readonly shard: number
  readonly values: string
}

/** Lets a process write, kills it in the middle, and returns what it had been promised. */
async function writeAndKill(folder: string, round: number, acknowledgements: number): Promise<Acknowledged[]> {
  const child = fork(join(import.meta.dirname, 'writer.ts'), [folder, `${round}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const seen: Acknowledged[] = []
  child.on('message', (message) => {
    if (seen.push(message as Acknowledged) === acknowledgements) child.kill('SIGKILL')
  })
  await exited
  return seen
}

test('loses nothing that it acknowledged before a SIGKILL', async (t) => {
  const folder = await newStoreFolder(t)
  for (const [round, acknowledgements] of [37, 150].entries()) {
    const acknowledged = await writeAndKill(folder, round, acknowledgements)
    assert.ok(acknowledged.length >= acknowledgements)
    await using store = await openStore({ folder, clock: systemClock })
    for (const { explanation, item, job, shard, values } of acknowledged) {
      const [question] = (await store.readExplanation('local', explanation))!.questions
      assert.deepEqual(question?.answers[shard], { kind: 'score', values })
      assert.equal((await store.getItem('local', job, item))?.state, 'open')
    }
    assert.ok((await store.unsent(0, 10_000)).some(({ topic }) => topic === 'explanations.ready'))
    await store.changeJob('local', `round ${round}`, 'cancel')
  }
})

test('refuses a second opening and keeps what was written over the first closing', async (t) => {
  const folder = await newStoreFolder(t)
  const first = await openStore({ folder, clock: systemClock })
  await first.createJob({ project: 'local', id: 'a', name: 'a', spec: jobSpec })
  await first.announce('http://127.0.0.1:4711')
  await assert.rejects(openStore({ folder, clock: systemClock }), { code: 'STORE_LOCKED', message: /4711/ })
  await first[Symbol.asyncDispose]()
  await using second = await openStore({ folder, clock: systemClock })
  assert.equal((await second.getJob('local', 'a'))?.name, 'a')
})

test('starts anew over a database whose making was cut short', async (t) => {
  const folder = await newFolder(t)
  await mkdir(join(folder, 'db.new'))
  await writeFile(join(folder, 'db.new', 'PG_VERSION'), '18')
  await using store = await openStore({ folder, clock: systemClock })
  assert.deepEqual((await store.listJobs('local', { limit: 1 })).rows, [])
  assert.equal(existsSync(join(folder, 'db.new')), false)
})

test('refuses a schema that a newer version wrote', async (t) => {
  const folder = await newStoreFolder(t)
  const db = await openDatabase(pgliteDialect(new PGlite({ dataDir: join(folder, 'db') })))
  await sql`insert into kysely_migration (name, timestamp) values ('9999-tomorrow', '2030')`.execute(db)
  await db.destroy()
  const refused = { code: 'STORE_UNAVAILABLE', retry: 'never', message: /newer.*9999-tomorrow.*FANLIGHT_HOME/ }
  await assert.rejects(openStore({ folder, clock: systemClock }), refused)
})

test('takes part in no transaction that another call has open', async (t) => {
  const folder = await newStoreFolder(t)
  const db = await openDatabase(pgliteDialect(new PGlite({ dataDir: join(folder, 'db') })))
  const failing = db.transaction().execute(async (tx) => {
    await sql`insert into leases values ('inside', 1)`.execute(tx)
    await new Promise((resolve) => setTimeout(resolve, 20))
    throw new Error('undone')
  })
  const beside = sql`insert into leases values ('beside', 1)`.execute(db)
  await assert.rejects(failing, /undone/)
  await beside
  const { rows } = await sql<{ owner: string }>`select owner from leases`.execute(db)
  assert.deepEqual(rows, [{ owner: 'beside' }])
  await db.destroy()
})

test('tells a full disk from other troubles of the database', () => {
  const failed = (code: string, message: string) => storeError(Object.assign(new Error(message), { code }))
  const told = [
    failed('53100', 'could not extend file'),
    failed('ENOSPC', 'write'),
    failed('XX000', 'No space left on device'),
    storeError({ name: 'ErrnoError', errno: 51 }),
    failed('57P01', 'gone'),
  ]
  assert.deepEqual(
    told.map((error) => isFanlightError(error) && [error.code, error.retry]),
    [
      ['DISK_FULL', 'later'],
      ['DISK_FULL', 'later'],
      ['DISK_FULL', 'later'],
      ['DISK_FULL', 'later'],
      ['STORE_UNAVAILABLE', 'later'],
    ],
  )
})
