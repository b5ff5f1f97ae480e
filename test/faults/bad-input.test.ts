import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, type ServiceName, ServiceProcess, startCluster } from '@fanlight/cluster'
import { CONTRACT_VERSION, itemId, type NewItem, sha256 } from '@fanlight/contracts'
import { startPeer } from '@fanlight/peers'
import { type NewJob, TransientError } from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import pg from 'pg'
import { passableFolder } from './folder.ts'
import { compare, isOver, type Outcome } from './outcome.ts'
import { missingForCluster } from './peers.ts'
import { openPorts, type Ports, patiently } from './ports.ts'
import { beginAnew, finishes, settled, undisturbed } from './rounds.ts'
import { PROJECT, prepareWork, type Work } from './work.ts'

// One cluster for all, on NATS. A test leaves it as it found it.
const TIMEOUT = { timeout: 5 * 60_000 }
const missing = await missingForCluster('nats')
const resources = new AsyncDisposableStack()
let cluster: Cluster
let folder: string
let ports: Ports
let work: Work
let expected: Outcome

before(async () => {
  if (missing) return
  folder = await passableFolder()
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  const replicas = { explainer: 2, gateway: 0 }
  cluster = resources.use(await startCluster({ bus: 'nats', folder, replicas, env: { FANLIGHT_WORKERS: '1' } }))
  ports = resources.use(await openPorts(cluster))
  work = await prepareWork(ports, { photos: 9, masks: 200 })
  expected = await undisturbed(ports, work, folder)
})
after(() => resources.disposeAsync())

const clusterTest = (title: string, run: (t: TestContext) => Promise<void>) =>
  test(title, TIMEOUT, (t) => (missing ? t.skip(missing) : run(t)))

clusterTest('a service whose broker is down at its start is not ready, and works once it is up', async () => {
  await cluster.servers.bus.server!.stop('SIGKILL')
  await using service = another('aggregator')
  await until(async () => service.healthUrl !== undefined)
  await sleep(2_000)
  assert.equal(await readyStatus(service), 503)
  await cluster.servers.bus.server!.start()
  await service.ready()
})

clusterTest('a bucket that is missing is named, and waited for', async () => {
  await using service = another('aggregator', { FANLIGHT_ARTIFACTS_URL: 's3://nowhere/artifacts' })
  await until(async () => (await logOf(service)).includes('nowhere'))
  assert.equal(await readyStatus(service), 503)
  await ports.storage.createBucket('nowhere')
  await service.ready()
})

clusterTest('wrong credentials are told apart from a server that is away', async () => {
  await using service = another('aggregator', { AWS_SECRET_ACCESS_KEY: 'wrong' })
  await until(async () => /credential|AWS_SECRET_ACCESS_KEY|SignatureDoesNotMatch/i.test(await logOf(service)))
  assert.equal(await readyStatus(service).catch(() => 503), 503)
})

clusterTest('a broker and a database that know no such user are named, and the password is not', async () => {
  const credentials = { name: 'fanlight', password: 'right' }
  await using guarded = await startPeer('nats', { credentials })
  const stranger = Object.assign(new URL(cluster.servers.postgres.url), { username: 'stranger', password: 'not-told' })
  await using ofBroker = another('aggregator', {
    FANLIGHT_BUS_URL: guarded.url,
    FANLIGHT_BUS_USERNAME: 'fanlight',
    FANLIGHT_BUS_PASSWORD: 'not-told',
  })
  await using ofDatabase = another('explainer', { FANLIGHT_STORE_URL: stranger.href })
  await until(async () => /password/i.test(await logOf(ofBroker)))
  await until(async () => /stranger/.test(await logOf(ofDatabase)))
  for (const service of [ofBroker, ofDatabase]) {
    assert.equal(await readyStatus(service).catch(() => 503), 503)
    assert.doesNotMatch(await logOf(service), /not-told/)
  }
})

clusterTest('a database that is read-only for a while costs time only', async () => {
  await beginAnew(ports, work)
  await makeReadOnly('on')
  await sleep(4_000)
  assert.equal(await isOver(ports, work), false, 'nothing ends that cannot be written down')
  await makeReadOnly('off')
  await endsAsEver()
})

clusterTest('what is no message goes to the dead letters, and the work goes on beside it', async () => {
  const garbage = Buffer.from([0, 159, 146, 150])
  const version = Buffer.from(JSON.stringify({ version: CONTRACT_VERSION + 1, project: PROJECT, news: true }))
  const topics = ['answers', 'questions.bulk', 'attributions.made'] as const
  await ports.bus.publish(topics.map((topic) => ({ topic, key: 'garbage', body: garbage })))
  await ports.bus.publish([{ topic: 'questions.bulk', key: 'newer', body: version }])
  const tooLarge = { topic: 'questions.bulk', key: 'large', body: Buffer.alloc(2_000_000) }
  await assert.rejects(ports.bus.publish([tooLarge]), { code: 'MESSAGE_TOO_LARGE' })
  // The message of a newer version is never at rest.
  await beginAnew(ports, work, { drainMs: 0 })
  await until(async () => (await letters()).length === topics.length)
  assert.deepEqual((await letters()).map(({ code, topic }) => `${code} ${topic}`).sort(), [
    'MESSAGE_INVALID answers',
    'MESSAGE_INVALID attributions.made',
    'MESSAGE_INVALID questions.bulk',
  ])
  assert.ok(await finishes(ports, work))
  assert.ok((await waitingQuestions()) > 0, 'the message of a newer version waits for a newer consumer')
  await takeAsNewer('newer')
  await until(async () => (await waitingQuestions()) === 0)
})

clusterTest('after the broker lost all that it had, the paused job goes on from its answers', async () => {
  await beginAnew(ports, work)
  await until(async () => ((await ports.store.getJob(PROJECT, 'given'))?.items.open ?? 0) > 0)
  for (const { job } of work.jobs) await change(job.id, 'pause')
  const { server } = cluster.servers.bus
  await server!.stop('SIGKILL')
  await rm(join(folder, 'nats', 'jetstream'), { recursive: true })
  await server!.start()
  await sleep(2_000)
  for (const { job } of work.jobs) await change(job.id, 'resume')
  await endsAsEver()
})

clusterTest('an explainer whose clock is an hour off does what the others do', async () => {
  const skewed = cluster.services.filter(({ name }) => name === 'explainer')
  const preload = new URL('preload/skewed-clock.ts', import.meta.url).href
  for (const [at, service] of skewed.entries())
    await service.restart({
      NODE_OPTIONS: `--import=${preload}`,
      CLOCK_SKEW_MS: String(at === 0 ? 3_600_000 : -3_600_000),
    })
  await beginAnew(ports, work)
  await endsAsEver()
  for (const service of skewed) await service.restart()
})

clusterTest('photos and detectors that are not what their names say fail alone', async () => {
  const [{ items } = { items: [] }] = work.jobs.filter(({ job }) => job.id === 'given')
  const [good, other] = items
  // A photo that was never seen: workers know those that they have seen by their hash, wherever they lie now.
  const image = { ...good!.image!, sha256: sha256('other bytes'), uri: 's3://fanlight/photos/changed.jpg' }
  const bytes = Buffer.from('something else')
  await ports.storage.put('fanlight', 'photos/changed.jpg', bytes, { sha256: sha256(bytes) })
  const changed: NewItem = { ...good!, id: itemId('odd', 'changed.jpg'), name: 'changed.jpg', image }
  await runJob({ id: 'odd', spec: specOf() }, [changed, { ...other!, id: itemId('odd', 'good.jpg') }])
  const unknown = {
    ...specOf().detector,
    id: sha256('unknown'),
    sha256: sha256('unknown'),
    uri: `artifact:${sha256('unknown')}`,
  }
  await runJob({ id: 'unknown', spec: { ...specOf(), detector: unknown } }, [{ ...good!, id: itemId('unknown', 'x') }])
  assert.deepEqual(await failures('odd'), ['changed.jpg IMAGE_CHANGED', `${other!.name} done`].sort())
  assert.deepEqual(await failures('unknown'), [`${good!.name} ARTIFACT_NOT_FOUND`])
})

clusterTest('two jobs over the same photos share the explanations and count alike', async () => {
  const items = work.jobs.flatMap((given) => given.items)
  const spec = { ...specOf(), seed: 9 }
  const of = (job: string) => items.map((item) => ({ ...item, id: itemId(job, item.name) }))
  await Promise.all([runJob({ id: 'one', spec }, of('one')), runJob({ id: 'two', spec }, of('two'))])
  const [one, two] = await Promise.all(['one', 'two'].map((job) => ports.store.listAggregates(PROJECT, job)))
  assert.ok(one!.length > 0)
  assert.deepEqual(one, two)
  for (const { id } of of('one')) {
    const twin = items.map((item) => item.name)[of('one').findIndex((item) => item.id === id)]!
    const [mine, others] = await Promise.all([
      ports.store.listExplanations(PROJECT, 'one', id),
      ports.store.listExplanations(PROJECT, 'two', itemId('two', twin)),
    ])
    assert.deepEqual(
      mine.map(({ explanation }) => explanation),
      others.map(({ explanation }) => explanation),
    )
  }
})

const specOf = () => work.jobs[0]!.job.spec
const letters = async () => (await ports.store.listDeadLetters({ limit: 100 })).rows

/** Another process of a service, in the same cluster but for what is given. */
function another(name: ServiceName, env: Record<string, string> = {}): ServiceProcess {
  const health = { FANLIGHT_HEALTH_HOST: '127.0.0.1', FANLIGHT_HEALTH_PORT: '0' }
  const logFile = join(folder, 'logs', `${name}-${crypto.randomUUID()}.log`)
  const service = new ServiceProcess({ name, number: 9, env: { ...cluster.env, ...health, ...env }, logFile })
  logs.set(service, logFile)
  return service
}
const logs = new Map<ServiceProcess, string>()
const logOf = (service: ServiceProcess) => readFile(logs.get(service)!, 'utf8').catch(() => '')

const readyStatus = async ({ healthUrl }: ServiceProcess) => (await fetch(`${healthUrl}/readyz`)).status

/** As when the database's disk is full to the brim, or it became a standby. */
async function makeReadOnly(value: 'on' | 'off'): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.servers.postgres.url })
  await client.connect()
  await client.query('SET default_transaction_read_only = off')
  await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
  await client.query('SELECT pg_reload_conf()')
  await client.end()
}

async function waitingQuestions(): Promise<number> {
  const rows = await ports.bus.backlog(['questions.bulk'])
  return rows.reduce((sum, { waiting }) => sum + waiting, 0)
}

/** As a consumer of the newer version would, that joins the group: to the others it came for ever. */
async function takeAsNewer(wanted: string): Promise<void> {
  const taken = Promise.withResolvers<void>()
  await using _member = await ports.bus.subscribe(
    { topics: ['questions.bulk'], group: 'inference' },
    async ({ key }) => {
      if (key !== wanted) throw new TransientError('WORKER_OCCUPIED', 'this is for the others')
      taken.resolve()
    },
  )
  await taken.promise
}

async function endsAsEver(): Promise<void> {
  assert.ok(await finishes(ports, work), 'the work did not end')
  assert.deepEqual(compare(expected, await settled(ports, work)).differing, [])
}

const change = (job: string, to: 'pause' | 'resume') =>
  patiently(async () => sendOutbox(ports, await ports.store.changeJob(PROJECT, job, to)))

async function runJob({ id, spec }: Pick<NewJob, 'id' | 'spec'>, items: readonly NewItem[]): Promise<void> {
  await sendOutbox(ports, await ports.store.createJob({ project: PROJECT, id, name: id, spec }))
  await sendOutbox(ports, await ports.store.addItems(PROJECT, id, items))
  await sendOutbox(ports, await ports.store.sealJob(PROJECT, id))
  await until(async () => {
    const job = await ports.store.getJob(PROJECT, id)
    // An item's targets are those of any one of its methods, but are counted for each.
    const counted = await ports.store.countedTargets(PROJECT, id)
    return job?.state === 'done' && counted >= job.targets * spec.methods.length
  })
}

/** What became of each item, by name. */
async function failures(job: string): Promise<string[]> {
  const { rows } = await ports.store.listItems(PROJECT, job, { limit: 100 })
  return rows.map(({ name, state, failure }) => `${name} ${failure?.code ?? state}`).sort()
}

/** The test's own limit ends what never comes. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(100)
}
