import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type ComposeService, composeFaults, composePath, readCompose } from './compose.ts'
import { serviceOf } from './pods.ts'
import { root } from './render.ts'
import { defaultOnPurpose, HIDDEN, type ServiceEnvironment, silenceFaults, variableFaults } from './variables.ts'

const run = promisify(execFile)
const text = await readFile(composePath, 'utf8')
const compose = await readCompose()
const services = Object.entries(compose.services)
const ours = services.flatMap(([name, service]) => {
  const runs = serviceOf({ args: service.command ?? [] })
  return runs ? [{ name, runs, service }] : []
})
const stacks = ['kafka', 'nats'].flatMap((bus) => ['cpu', 'gpu'].map((hardware) => [bus, hardware]))
const isIn = ({ profiles }: ComposeService, stack: readonly string[]) =>
  profiles === undefined || profiles.some((profile) => stack.includes(profile))

test('compose.yaml is valid by the schema of the Compose specification', async () => {
  assert.deepEqual(composeFaults(composePath), [])
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-compose-'))
  try {
    const wrong = join(folder, 'compose.yaml')
    for (const [right, misspelt] of [
      ['cap_drop:', 'cap_drops:'],
      ['stop_grace_period: 35s', 'stop_grace_period: [35]'],
    ] as const) {
      await writeFile(wrong, text.replaceAll(right, misspelt))
      assert.notDeepEqual(composeFaults(wrong), [], misspelt)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('each choice of a bus and of hardware runs the five services and one of each peer', () => {
  for (const stack of stacks) {
    const runs = ours.filter(({ service }) => isIn(service, stack)).map(({ runs }) => runs)
    assert.deepEqual(runs.sort(), ['aggregator', 'explainer', 'gateway', 'inference', 'ingest'], stack.join())
    const peers = services.filter(([, service]) => isIn(service, stack)).map(([name]) => name)
    assert.deepEqual(peers.filter((name) => ['kafka', 'nats', 'postgres', 's3'].includes(name)).sort(), [
      stack[0],
      'postgres',
      's3',
    ])
  }
})

test('no container may write to its file system, keep a capability or gain one, or take all there is', () => {
  for (const [name, service] of services) {
    const { limits } = service.deploy?.resources ?? {}
    assert.equal(service.read_only, true, name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    // The one that gives new volumes away, once, without a network.
    assert.deepEqual(service.cap_add, name === 'prepare' ? ['CHOWN'] : undefined, name)
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    assert.ok(limits?.cpus && limits.memory && limits.pids, name)
    if (service.user) assert.match(service.user, name === 'prepare' ? /^0:0$/ : /^[1-9]\d*:[1-9]\d*$/)
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name)
  }
})

test('whoever is waited for can say that it is well, or is not required outside its profile', async () => {
  for (const [name, { depends_on = {}, profiles }] of services) {
    for (const [needed, { condition, required = true }] of Object.entries(depends_on)) {
      const other = compose.services[needed]
      assert.ok(other, `${name} needs ${needed}`)
      if (condition === 'service_healthy') assert.ok(other.healthcheck, `${needed} has no health check`)
      const isAlwaysThere = other.profiles === undefined || profiles?.every((own) => other.profiles?.includes(own))
      assert.ok(isAlwaysThere || !required, `${name} needs ${needed}, which is not in every profile`)
    }
  }
})

test('every file, volume and build target that is named is there', async () => {
  const dockerfile = await readFile(join(root, 'deploy/Dockerfile'), 'utf8')
  for (const { file } of Object.values(compose.configs)) await access(join(root, 'deploy', file))
  for (const [name, { configs = [], volumes = [], build }] of services) {
    for (const { source } of configs) assert.ok(Object.hasOwn(compose.configs, source), `${name}: ${source}`)
    for (const volume of volumes) assert.ok(Object.hasOwn(compose.volumes, volume.split(':')[0]!), `${name}: ${volume}`)
    if (build) assert.match(dockerfile, new RegExp(`^FROM .+ AS ${build.target}$`, 'm'))
  }
})

test('every service of ours is built from the source, for its hardware, and given time to drain', () => {
  for (const { name, service } of ours) {
    const target = name === 'inference-gpu' ? 'cuda' : 'cpu'
    assert.equal(service.build?.target, target, name)
    assert.ok(service.image.endsWith(`-${target}`), name)
    const graceMs = 1000 * Number.parseInt(service.stop_grace_period ?? '10', 10)
    assert.ok(graceMs > Number(service.environment?.FANLIGHT_DRAIN_MS), name)
  }
  const gpu = compose.services['inference-gpu']?.deploy?.resources?.reservations?.devices
  assert.deepEqual(gpu, [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }])
})

const seen = (value: string): string | typeof HIDDEN => (value.startsWith('${') ? HIDDEN : value)
const told: readonly ServiceEnvironment[] = ours.map(({ runs, service: { environment = {} } }) => ({
  service: runs,
  environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, seen(value)])),
}))

test('every variable that is set is one that the service knows, and all that it needs are set', () => {
  const faults = told.flatMap(({ service, environment }) => variableFaults(service, environment, { complete: true }))
  assert.deepEqual([...new Set(faults)], [])
})

test('every variable that a service knows is set, or left out for a reason', () => {
  const onPurpose = {
    ...defaultOnPurpose,
    FANLIGHT_BUS_USERNAME: 'the broker is reached from the containers of this file only',
    FANLIGHT_BUS_PASSWORD: 'the broker is reached from the containers of this file only',
    FANLIGHT_BUS_REPLICAS: 'there is one broker',
  }
  assert.deepEqual(silenceFaults(told, onPurpose), [])

  const forgetful = told.map(({ service, environment: { FANLIGHT_SCRATCH: _, ...environment } }) => ({
    service,
    environment,
  }))
  const outdated = { ...onPurpose, FANLIGHT_PORT: 'as before', FANLIGHT_PROT: 'misspelt' }
  assert.deepEqual(silenceFaults(forgetful, outdated), [
    'inference knows FANLIGHT_SCRATCH, which nobody sets',
    'FANLIGHT_PORT is not left out anywhere',
    'FANLIGHT_PROT is not left out anywhere',
  ])
})

test('what the children may take together fits under the memory limit of their container', () => {
  for (const { name, service } of ours.filter(({ runs }) => runs === 'inference')) {
    // Where nothing is said, they share four fifths of it (packages/detector/src/session/limits.ts).
    const { FANLIGHT_SESSIONS: sessions = 0, FANLIGHT_MAX_RESIDENT_BYTES: bytes = 0 } = service.environment ?? {}
    const limit = Number.parseInt(service.deploy?.resources?.limits?.memory ?? '', 10) * 2 ** 30
    assert.ok(Number(sessions) * Number(bytes) < limit, name)
  }
})

test('the example of the environment names every variable that compose asks for, and gives no password', async () => {
  const example = await readFile(join(root, 'deploy/.env.example'), 'utf8')
  for (const [, name = ''] of text.matchAll(/\$\{(\w+)[:?-]/g)) {
    if (name === 'FANLIGHT_LOG') continue
    assert.match(example, new RegExp(`^${name}=`, 'm'), name)
    if (/PASSWORD|KEY/.test(name)) assert.match(example, new RegExp(`^${name}=$`, 'm'), name)
  }
})

test('Grafana, which has a known password by default, does not start without one', async () => {
  const [program = '', ...args] = compose.services.grafana?.entrypoint ?? []
  const said = (password: string) =>
    run(
      program,
      // What Compose makes of it, with another program in Grafana's place.
      args.map((arg) => arg.replaceAll('$$', '$').replace('/run.sh', 'echo started')),
      { env: { ...process.env, GF_SECURITY_ADMIN_PASSWORD: password } },
    ).then(
      ({ stdout }) => stdout,
      ({ code, stdout }) => `${code}: ${stdout}`,
    )
  assert.match(await said(''), /^2: choose GRAFANA_PASSWORD/)
  assert.equal(await said('of one’s own'), 'started\n')
})

test('the one NATS server of compose and of the dev overlay are configured alike, and both sync always', async () => {
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const one = await read('deploy/nats/nats-server.conf')
  assert.equal(await read('k8s/overlays/dev/one-nats/nats-server.conf'), one)
  for (const conf of [one, await read('k8s/components/nats/nats-server.conf')])
    assert.match(conf, /^ {2}sync_interval: always$/m)
})
