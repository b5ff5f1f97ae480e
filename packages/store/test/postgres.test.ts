import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { sha256 } from '@fanlight/contracts'
import { startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'
import { openPostgres } from '@fanlight/store'
import { serverOf, type TestServer, testServer } from './postgres-database.ts'
import { image, jobSpec } from './writing.ts'

const P = 'local'
const SECRET = 'hunter2'
const server = await testServer()

/** Whatever goes wrong, the password stays out of what is told, with all its causes. */
async function refused(promise: Promise<unknown>): Promise<{ code: string; retry: string; message: string }> {
  const error = await promise.then(
    () => assert.fail('it went well'),
    (error: unknown) => error,
  )
  assert.ok(isFanlightError(error), String(error))
  for (let cause: unknown = error; cause !== undefined; cause = (cause as Error).cause)
    assert.ok(!`${cause} ${JSON.stringify(cause)} ${(cause as Error).stack}`.includes(SECRET), String(cause))
  return { code: error.code, retry: error.retry, message: error.message }
}

const parts = (url: string, change: Partial<URL>) => Object.assign(new URL(url), change).href

if ('missing' in server) test('PostgreSQL', (t) => t.skip(server.missing))
else {
  after(() => server[Symbol.asyncDispose]())
  suite('PostgreSQL', () => tests(server))
}

function tests({ create, sql, url }: TestServer): void {
  test('says what is wrong with a URL and does not repeat it', async () => {
    for (const bad of [
      '',
      'mysql://a:hunter2@b/c',
      `postgres://a:${SECRET}@b:port/c`,
      `postgres://a:${SECRET}@b/c?sslrootcert=/nowhere.pem`,
    ]) {
      const { code, retry, message } = await refused(openPostgres({ url: bad }))
      assert.deepEqual([code, retry], ['CONFIGURATION_INVALID', 'never'], bad)
      assert.match(message, /postgres:\/\/user:password@host/)
    }
  })

  test('refuses a wrong password, a database that is not there and one of another encoding for good', async () => {
    await sql(`create role guest login password '${SECRET}x'`)
    const absent = await refused(openPostgres({ url: parts(url, { pathname: '/nowhere' }) }))
    assert.deepEqual([absent.code, absent.retry], ['STORE_UNAVAILABLE', 'never'])
    assert.match(absent.message, /nowhere.*create it/)
    const stranger = await refused(openPostgres({ url: parts(url, { username: 'stranger', password: SECRET }) }))
    assert.deepEqual([stranger.code, stranger.retry], ['STORE_UNAVAILABLE', 'never'])
    assert.match(stranger.message, /stranger.*user or password/)
    const latin = await refused(openPostgres({ url: await create({ schema: false, encoding: 'LATIN1' }) }))
    assert.deepEqual([latin.code, latin.retry], ['CONFIGURATION_INVALID', 'never'])
    assert.match(latin.message, /LATIN1.*UTF8/)
    const rights = await refused(
      openPostgres({ url: parts(await create({ schema: false }), { username: 'guest', password: SECRET }) }),
    )
    assert.deepEqual([rights.code, rights.retry], ['STORE_UNAVAILABLE', 'never'])
    assert.match(rights.message, /owner/)
  })

  test('waits for a server that is not there to come', async () => {
    const away = await refused(openPostgres({ url: `postgres://a:${SECRET}@127.0.0.1:1/db` }))
    assert.deepEqual([away.code, away.retry], ['STORE_UNAVAILABLE', 'later'])
    assert.match(away.message, /db at 127\.0\.0\.1:1 \(user a\) cannot be reached/)
  })

  test('tells a database that became read-only from one that is gone, and goes on when it can be written', async () => {
    const database = await create()
    const readOnly = (on: boolean) =>
      sql(`alter database "${new URL(database).pathname.slice(1)}" set default_transaction_read_only = ${on}`)
    await readOnly(true)
    const atStart = await refused(openPostgres({ url: database }))
    assert.deepEqual([atStart.code, atStart.retry], ['STORE_UNAVAILABLE', 'later'])
    assert.match(atStart.message, /read-only.*primary/)
    await readOnly(false)
    await using store = await openPostgres({ url: database, applicationName: 'fanlight-turned' })
    await readOnly(true)
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fanlight-turned'`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const { code, retry, message } = await refused(store.renewLease('a', 1))
    assert.deepEqual([code, retry], ['STORE_UNAVAILABLE', 'later'])
    assert.match(message, /read-only/)
  })

  test('tells that the server has no connection left, and what to do', async (t) => {
    const database = await create()
    const name = new URL(database).pathname.slice(1)
    await sql('create role few login connection limit 0')
    await sql(`grant all on database "${name}" to few`)
    const full = await refused(openPostgres({ url: parts(database, { username: 'few' }) }))
    assert.deepEqual([full.code, full.retry], ['STORE_UNAVAILABLE', 'later'])
    assert.match(full.message, /max_connections/)
    t.diagnostic(full.message)
  })

  test('refuses a schema that a newer Fanlight wrote', async () => {
    const database = await create()
    await sql(`insert into kysely_migration (name, timestamp) values ('9999-tomorrow', '2030')`, database)
    const { code, retry, message } = await refused(openPostgres({ url: database }))
    assert.deepEqual([code, retry], ['STORE_UNAVAILABLE', 'never'])
    assert.match(message, /newer.*9999-tomorrow.*another database/)
  })

  test('lets many processes that start at once bring the schema up to date', async () => {
    const database = await create({ schema: false })
    const start = () => promisify(execFile)(process.execPath, [join(import.meta.dirname, 'migrator.ts'), database])
    await Promise.all([
      start(),
      start(),
      start(),
      openPostgres({ url: database }).then((store) => store[Symbol.asyncDispose]()),
    ])
    const names = (await sql('select name from kysely_migration order by name', database)).map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.length >= 3)
  })

  test('reads int8 as numbers in its own pool only, and gives all connections back', async () => {
    const database = await create()
    {
      await using store = await openPostgres({ url: database, applicationName: 'fanlight-int8' })
      await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
      assert.equal(typeof (await store.getJob(P, 'a'))?.createdAt, 'number')
      assert.equal(typeof (await sql('select 1::int8 as one', database))[0]?.one, 'string')
      const [shown] = await sql(
        `select count(*)::int as n from pg_stat_activity where application_name = 'fanlight-int8'`,
      )
      assert.ok(Number(shown?.n) > 0)
    }
    const [left] = await sql(`select count(*)::int as n from pg_stat_activity where application_name = 'fanlight-int8'`)
    assert.equal(left?.n, 0)
  })

  test('goes by the time of the database, whatever the clocks of the processes say', async (t) => {
    const database = await create()
    await using early = await openPostgres({ url: database })
    await early.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
    await early.addItems(P, 'a', [{ id: sha256('x'), name: 'x', image: image('x'), slice: {} }])
    await early.renewLease('early', 5_000)
    assert.equal((await early.claimItems('early', 1)).length, 1)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
    await using late = await openPostgres({ url: database })
    assert.ok(Math.abs(late.clock.now() - early.clock.now()) < 250)
    assert.equal((await late.releaseExpired()).items, 0)
    assert.deepEqual(await late.unsent(60_000, 10), [])
    const [{ now } = { now: 0 }] = (await sql(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
      database,
    )) as { now: number }[]
    assert.ok(Math.abs(late.clock.now() - now) < 250)
  })

  test('is not stopped by a connection that breaks while nobody uses it', async () => {
    const database = await create()
    await using store = await openPostgres({ url: database, applicationName: 'fanlight-idle' })
    await Promise.all([store.renewLease('a', 1), store.renewLease('b', 1), store.renewLease('c', 1)])
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fanlight-idle'`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await store.renewLease('a', 1)
  })

  test('runs a transaction again that PostgreSQL undid for another one', async () => {
    const database = await create()
    await using store = await openPostgres({ url: database })
    await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
    await sql(
      `create sequence tries; create function undo() returns trigger language plpgsql as $$
        begin if nextval('tries') < 3 then raise exception 'undone' using errcode = '40001'; end if; return new; end $$;
        create trigger undo before insert on items for each row execute function undo()`,
      database,
    )
    await store.addItems(P, 'a', [{ id: sha256('x'), name: 'x', image: image('x'), slice: {} }])
    assert.equal((await store.getJob(P, 'a'))?.items.waiting, 1)
    await sql(
      `create or replace function undo() returns trigger language plpgsql as $$ begin raise exception 'undone' using errcode = '40P01'; end $$`,
      database,
    )
    const { retry } = await refused(
      store.addItems(P, 'a', [{ id: sha256('y'), name: 'y', image: image('y'), slice: {} }]),
    )
    assert.equal(retry, 'later')
  })

  test('waits no longer for a row than it is told to', async () => {
    const database = await create()
    await using store = await openPostgres({ url: database, lockTimeoutMs: 100 })
    await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
    const held = sql(`begin; select from jobs for update; select pg_sleep(1); commit`, database)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { code, retry, message } = await refused(store.sealJob(P, 'a'))
    assert.deepEqual([code, retry], ['STORE_UNAVAILABLE', 'later'])
    assert.match(message, /took too long/)
    await held
  })
}

test('goes on over a server that stops in mid-work, and comes back', { timeout: 60_000 }, async (t: TestContext) => {
  if ('missing' in server) return t.skip(server.missing)
  await using peer = await startPeer('postgres')
  const own = await serverOf(peer)
  const url = await own.create()
  await using store = await openPostgres({ url, statementTimeoutMs: 5_000, applicationName: 'fanlight' })
  await store.createJob({ project: P, id: 'a', name: 'a', spec: jobSpec })
  const told = new Set<string>()
  let [acknowledged, over] = [0, false]
  const writing = (async () => {
    for (let i = 0; !over; i++) {
      try {
        await store.addItems(P, 'a', [{ id: sha256(`${i}`), name: `${i}`, image: image(`${i}`), slice: {} }])
        acknowledged += 1
      } catch (error) {
        assert.ok(
          isFanlightError(error) && error.code === 'STORE_UNAVAILABLE' && error.retry === 'later',
          String(error),
        )
        told.add(error.message)
        i -= 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  })()
  const some = async () => {
    const before = acknowledged
    const enough = async () => {
      while (acknowledged < before + 20) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await Promise.race([enough(), writing])
  }
  await some()
  await peer.server!.stop('SIGTERM')
  await peer.server!.start()
  await some()
  await peer.server!.stop('SIGKILL')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await peer.server!.start()
  await some()
  over = true
  await writing
  assert.equal((await store.getJob(P, 'a'))?.items.waiting, acknowledged)
  assert.ok(told.size > 0)
  t.diagnostic([...told].join('\n'))
})
