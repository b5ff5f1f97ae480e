import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '@fanlight/contracts'
import { openBus } from '@fanlight/drivers'
import { ObjectStorage } from '@fanlight/s3'
import { type Running, Scratch } from './fanlight.ts'
import { environmentIn, failure, missingPeers } from './started-cluster.ts'

// `fanlight cluster` and the commands that work with it, as processes, against the real servers.

const quick = ['--forwards', '66']
const missing = await missingPeers(['nats', 's3', 'postgres'])

suite('fanlight cluster', { skip: missing, timeout: 300_000 }, () => {
  let scratch: Scratch
  let cluster: Running
  let env: Record<string, string>
  let url: string

  before(async () => {
    scratch = await Scratch.make()
    // PostgreSQL refuses to be root, and whom it is must be able to enter.
    await chmod(scratch.folder, 0o711)
    await mkdir(scratch.path('photos'))
    await scratch.sample(1, 'photos/one.jpg')
    await scratch.sample(2, 'photos/two.jpg')
    cluster = scratch.start(['cluster', '--port', '0', '--workers', '1'], { env: { FANLIGHT_LOG: 'info' } })
    url = await Promise.race([cluster.firstLine, failure(cluster)])
    env = await environmentIn(scratch.path('home', 'cluster', 'env.sh'))
  })
  after(async () => {
    cluster.kill('SIGTERM')
    await cluster.ended
    await scratch[Symbol.asyncDispose]()
  })

  const run = (args: readonly string[]) => scratch.run(args, { env })

  test('explains photos of this machine to the same bytes as a laptop does', async () => {
    const here = await scratch.run(['explain', 'photos', ...quick, '--out', 'laptop', '--no-overlays'])
    assert.equal(here.code, 0, here.stderr)
    const there = await run(['explain', 'photos', ...quick, '--out', 'cluster-out'])
    assert.equal(there.code, 0, there.stderr)
    assert.deepEqual(await scratch.durable('cluster-out'), await scratch.durable('laptop'))
  })

  test('shows its dashboard’s API, its jobs and its topics', async () => {
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
    const jobs = await run(['jobs', 'list', '--json'])
    assert.equal(JSON.parse(jobs.stdout.split('\n')[0]!).state, 'done')
    const topics = await run(['topics', '--json'])
    const rows = topics.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const inference = rows.find(({ topic, group }) => topic === 'questions.bulk' && group === 'inference')
    assert.equal(inference?.waiting, 0, topics.stdout)
  })

  test('works through a prefix of a bucket that it lists by itself', async () => {
    await upload(env, 'photos', {
      '2026/one.jpg': scratch.path('photos', 'one.jpg'),
      '2026/two.jpg': scratch.path('photos', 'two.jpg'),
    })
    const started = await run(['jobs', 'start', 's3://photos/2026/', ...quick, '--max-targets', '3', '--json'])
    assert.equal(started.code, 0, started.stderr)
    const { id } = JSON.parse(started.stdout)
    const done = await eventually(async () => {
      const { stdout } = await run(['jobs', 'show', id, '--json'])
      const job = JSON.parse(stdout)
      return job.state === 'done' ? job : undefined
    })
    assert.deepEqual([done.items.done, done.items.failed, done.sealed], [2, 0, true])
    assert.ok(done.targets >= 2)
  })

  test('a prefix in a bucket that is not there ends its job with a failure that says so', async () => {
    const { stdout } = await run(['jobs', 'start', 's3://nowhere/photos/', ...quick, '--json'])
    const { id } = JSON.parse(stdout)
    const ended = await eventually(async () => {
      const job = JSON.parse((await run(['jobs', 'show', id, '--json'])).stdout)
      return job.state === 'done' ? job : undefined
    })
    assert.deepEqual([ended.items.done, ended.items.failed], [0, 1])
  })

  test('a message of garbage is among the dead letters, whole, and can be replayed', async () => {
    await using bus = await openBus({ FANLIGHT_BUS_URL: env.FANLIGHT_BUS_URL! })
    await bus.publish([{ topic: 'items.ready', key: 'k', body: Buffer.from('{"garbage'), headers: { 'ce-id': 'g' } }])
    const letters = async () => {
      const { stdout } = await run(['dead', 'list', '--json'])
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    }
    const [letter] = (await eventually(async () => ((await letters()).length > 0 ? letters() : undefined))) ?? []
    assert.deepEqual([letter.topic, letter.code, letter.replays], ['items.ready', 'MESSAGE_INVALID', 0])
    const shown = JSON.parse((await run(['dead', 'show', letter.id.slice(0, 6), '--json'])).stdout)
    assert.equal(Buffer.from(shown.bodyBase64, 'base64').toString(), '{"garbage')
    const replayed = await run(['dead', 'replay', letter.id])
    assert.equal(replayed.code, 0, replayed.stderr)
    assert.match(replayed.stderr, /published again on items\.ready/)
    await eventually(async () => ((await letters()).length === 2 ? true : undefined))
  })

  test('logs of one explanation carry its ids and one trace through the services', async () => {
    // Services are silent about what goes well.
    await writeFile(scratch.path('broken.jpg'), 'no photo')
    await upload(env, 'broken', { 'broken.jpg': scratch.path('broken.jpg') })
    const { id } = JSON.parse((await run(['jobs', 'start', 's3://broken/', ...quick, '--json'])).stdout)
    const listing = await eventually(() => lineOf('ingest', (line) => line.msg === 'listing' && line.job === id))
    assert.match(String(listing.trace_id), /^[0-9a-f]{32}$/)
    const sameTrace = ({ trace_id }: LogLine) => trace_id === listing.trace_id
    const shard = await eventually(() => lineOf('inference', sameTrace))
    const ended = await eventually(() => lineOf('explainer', (line) => sameTrace(line) && 'explanation' in line))

    assert.match(String(shard.explanation), /^[0-9a-f]{64}$/)
    const { explanation } = shard
    const idsOf = ({ service, msg, project, job, explanation }: LogLine) => [service, msg, project, job, explanation]
    assert.deepEqual([listing, shard, ended].map(idsOf), [
      ['ingest', 'listing', 'local', id, undefined],
      ['inference', 'shard failed', 'local', undefined, explanation],
      ['explainer', 'explanation failed', 'local', undefined, explanation],
    ])
    const spans = new Set([listing, shard, ended].map(({ span_id }) => span_id))
    assert.equal(spans.size, 3, 'each handled a message of its own')
  })

  /** Of whichever process of the service. */
  async function lineOf(service: string, isWanted: (line: LogLine) => boolean): Promise<LogLine | undefined> {
    const folder = scratch.path('home', 'cluster', 'logs')
    const files = (await readdir(folder)).filter((name) => name.startsWith(`${service}-`))
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
    // The last line may be half written.
    const lines = texts.flatMap((text) => text.split('\n').slice(0, -1)).filter((line) => line.startsWith('{'))
    return lines.map((line) => JSON.parse(line) as LogLine).find(isWanted)
  }
})

type LogLine = Readonly<Record<string, unknown>>

async function upload(env: Record<string, string>, bucket: string, files: Record<string, string>): Promise<void> {
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! }
  using storage = new ObjectStorage({ endpoint: env.AWS_ENDPOINT_URL_S3, region: env.AWS_REGION, credentials })
  await storage.createBucket(bucket)
  for (const [key, file] of Object.entries(files)) {
    const bytes = await readFile(file)
    await storage.put(bucket, key, bytes, { sha256: sha256(bytes) })
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 90_000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    assert.ok(Date.now() < deadline, 'it did not happen within 90 s')
    await sleep(300)
  }
}
