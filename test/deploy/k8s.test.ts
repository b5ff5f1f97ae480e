import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ISecret } from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { groupIdOf } from '../../packages/bus-kafka/src/names.ts'
import { nameOf } from '../../packages/bus-nats/src/names.ts'
import { podSecurityFaults } from './pod-security.ts'
import { containersOf, type Workload, workloadsOf } from './pods.ts'
import { policyFaults, referenceFaults } from './references.ts'
import {
  componentChoices,
  findKustomize,
  type KubeObject,
  type Rendered,
  render,
  renderChoices,
  root,
} from './render.ts'
import { schemaFault, typeFaults } from './schemas.ts'
import { defaultOnPurpose, environmentOf, silenceFaults, variableFaults } from './variables.ts'

const found = await findKustomize()
const skip = 'missing' in found ? found.missing : false
const overlays = 'missing' in found ? [] : await Promise.all(['dev', 'cpu', 'gpu'].map((name) => overlay(found, name)))
const choices = 'missing' in found ? [] : await renderAllChoices(found)
const all = [...overlays, ...choices]
const secrets = parseAllDocuments(await readFile(join(root, 'k8s/secrets.example.yaml'), 'utf8')).map(
  (document) => document.toJS() as ISecret,
)

async function overlay(kustomize: readonly string[], name: string): Promise<Rendered> {
  return { name, objects: await render(kustomize, join(root, 'k8s/overlays', name)) }
}

/** Two programs at a time, one a core; a dozen choices each, since its time grows with their square. */
async function renderAllChoices(kustomize: readonly string[]): Promise<readonly Rendered[]> {
  const waiting = componentChoices()
  const rendered: Rendered[] = []
  const work = async () => {
    for (let next = waiting.splice(0, 12); next.length > 0; next = waiting.splice(0, 12)) {
      rendered.push(...(await renderChoices(kustomize, next)))
    }
  }
  await Promise.all([work(), work()])
  return rendered
}

/** Faults of every rendering, each told once, with the first rendering that has it. */
function faultsIn(rendered: readonly Rendered[], find: (objects: readonly KubeObject[]) => readonly string[]) {
  const faults = new Map<string, string>()
  for (const { name, objects } of rendered) {
    for (const fault of find(objects)) if (!faults.has(fault)) faults.set(fault, `${name}: ${fault}`)
  }
  return [...faults.values()]
}

/** Many renderings hold the same object; what depends on nothing else is looked at once. */
const distinct = [
  ...new Map(
    all.flatMap(({ objects }) => objects).map((object) => [JSON.stringify(withoutNamespace(object)), object]),
  ).values(),
]

function withoutNamespace(object: KubeObject): object {
  const { namespace: _, ...metadata } = object.metadata
  return { ...object, metadata: object.kind === 'Namespace' ? {} : metadata }
}

function planted(name: string, change: (workload: Workload) => void): Workload {
  const workload = structuredClone(workloadsOf(overlays[0]!.objects).find(({ metadata }) => metadata.name === name)!)
  change(workload)
  return workload
}

test('every overlay and every choice of components renders all five services', { skip }, () => {
  assert.equal(choices.length, 96)
  for (const { name, objects } of all) {
    const services = workloadsOf(objects).flatMap((workload) => environmentOf(workload, objects)?.service ?? [])
    assert.deepEqual(services.sort(), ['aggregator', 'explainer', 'gateway', 'inference', 'ingest'], name)
  }
})

test('every object is valid by the schema of its kind', { skip }, async () => {
  const faults: string[] = []
  for (const object of distinct) {
    const fault = await schemaFault(object)
    if (fault) faults.push(`${object.kind} ${object.metadata.name}: ${fault}`)
  }
  assert.deepEqual(faults, [])
  assert.match((await schemaFault(planted('inference', numbersImage))) ?? '', /image must be string/)
})

function numbersImage({ spec }: Workload) {
  Object.assign(spec.template.spec.containers[0]!, { image: 3 })
}

test('no object has a field that its kind does not know', { skip }, () => {
  assert.deepEqual(typeFaults(distinct), [])
  const misspelt = planted('inference', ({ spec }) => Object.assign(spec.template.spec, { enableServiceLink: false }))
  assert.match(typeFaults([misspelt]).join(), /inference: .*"enableServiceLink"' does not exist/)
})

test('every pod is restricted, watched and bounded', { skip }, () => {
  assert.deepEqual(
    faultsIn(all, (objects) =>
      workloadsOf(objects).flatMap((workload) =>
        podSecurityFaults(workload).map((fault) => `${workload.metadata.name}: ${fault}`),
      ),
    ),
    [],
  )
  const careless = planted('inference', ({ spec: { template } }) => {
    Object.assign(template.spec.containers[0]!.securityContext!, { readOnlyRootFilesystem: false })
    Object.assign(template.spec.securityContext!, { runAsNonRoot: false })
    Object.assign(template.spec, { volumes: [{ name: 'host', hostPath: { path: '/' } }] })
  })
  assert.deepEqual(podSecurityFaults(careless), [
    'the pod may run as root',
    'a volume is of a kind that is not allowed',
    'container service may write to its root file system',
  ])
})

test('the namespace enforces the restricted standard', { skip }, () => {
  for (const { name, objects } of all) {
    const namespace = objects.find(({ kind }) => kind === 'Namespace')
    assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted', name)
  }
})

test('every selector, port, volume, ConfigMap, secret and account that is named is there', { skip }, () => {
  assert.deepEqual(
    faultsIn(all, (objects) => referenceFaults(objects, secrets)),
    [],
  )
  const { objects } = overlays[0]!
  const others = objects.filter(({ metadata, kind }) => kind !== 'ConfigMap' && metadata.name !== 's3')
  const faults = referenceFaults(others, secrets.slice(1))
  assert.ok(faults.some((fault) => /Deployment gateway uses allowed-hosts of a ConfigMap/.test(fault)))
  assert.ok(faults.some((fault) => /Deployment gateway uses password of the secret fanlight-store/.test(fault)))
  const unloved = objects.filter(({ kind, metadata }) => kind !== 'StatefulSet' || metadata.name !== 'nats')
  assert.ok(referenceFaults(unloved, secrets).includes('Service nats selects no pod'))
})

test('every network policy selects pods, and opens ports that they listen on', { skip }, () => {
  const pods = all.flatMap(({ objects }) => workloadsOf(objects).map(({ spec }) => spec.template))
  const policies = distinct.filter(({ kind }) => kind === 'NetworkPolicy')
  assert.ok(policies.length > 0)
  assert.deepEqual(policyFaults(policies, pods), [])
  const lonely = pods.filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] !== 'bus')
  assert.ok(policyFaults(policies, lonely).includes('NetworkPolicy bus selects no pod'))
})

test('every variable that is set is one that the service knows, and would take; overlays set all that it needs', {
  skip,
}, () => {
  const find = (complete: boolean) => (objects: readonly KubeObject[]) =>
    workloadsOf(objects).flatMap((workload) => {
      const own = environmentOf(workload, objects)
      return own ? variableFaults(own.service, own.environment, { complete }) : []
    })
  assert.deepEqual([...faultsIn(overlays, find(true)), ...faultsIn(choices, find(false))], [])

  const wrong = { FANLIGHT_WORKER: '2', FANLIGHT_WORKERS: 'two', FANLIGHT_BUS_URL: 'kafka://kafka:9092' }
  assert.deepEqual(variableFaults('inference', wrong, { complete: true }), [
    'inference does not know FANLIGHT_WORKER',
    'inference refuses FANLIGHT_WORKERS=two',
    'inference is not told FANLIGHT_STORE_URL',
    'inference is not told FANLIGHT_ARTIFACTS_URL',
  ])
})

test('every variable that a service knows is set by some overlay or component, or left out for a reason', {
  skip,
}, () => {
  const told = all.flatMap(({ objects }) =>
    workloadsOf(objects).flatMap((workload) => environmentOf(workload, objects) ?? []),
  )
  assert.deepEqual(silenceFaults(told, defaultOnPurpose), [])
  const elsewhere = told.filter(({ environment }) => environment.FANLIGHT_PROVIDER !== 'cuda')
  assert.ok(silenceFaults(elsewhere, defaultOnPurpose).includes('inference knows FANLIGHT_SESSIONS, which nobody sets'))
})

test('probes, ports and the time to stop are those that the service is configured with', { skip }, () => {
  for (const { name, objects } of overlays) {
    for (const workload of workloadsOf(objects)) {
      const own = environmentOf(workload, objects)
      if (own === undefined) continue
      const { environment, container, service } = own
      const port = (wanted: string) => container.ports?.find((each) => each.name === wanted)?.containerPort
      assert.equal(String(port('health')), environment.FANLIGHT_HEALTH_PORT, `${name} ${service}`)
      if (service === 'gateway') assert.equal(String(port('http')), environment.FANLIGHT_PORT, name)
      const graceMs = 1000 * (workload.spec.template.spec.terminationGracePeriodSeconds ?? 30)
      const pauseMs = 1000 * (container.lifecycle?.preStop?.sleep?.seconds ?? 0)
      assert.ok(
        graceMs > pauseMs + Number(environment.FANLIGHT_DRAIN_MS),
        `${name} ${service} is killed while it drains`,
      )
    }
  }
})

test('what the children may take together fits under the memory limit of their container', { skip }, () => {
  const gigabytes = /^(\d+)Gi$/
  for (const { name, objects } of all) {
    const inference = workloadsOf(objects).find(({ metadata }) => metadata.name === 'inference')!
    const { environment, container } = environmentOf(inference, objects)!
    const limit = gigabytes.exec(String(container.resources?.limits?.memory))?.[1]
    assert.equal('FANLIGHT_SESSIONS' in environment, 'FANLIGHT_MAX_RESIDENT_BYTES' in environment, name)
    // Where nothing is said, they share four fifths of it (packages/detector/src/session/limits.ts).
    const children = Number(environment.FANLIGHT_SESSIONS ?? 0) * Number(environment.FANLIGHT_MAX_RESIDENT_BYTES ?? 0)
    assert.ok(children < Number(limit) * 2 ** 30, name)
  }
})

test('the bus that a choice of components sets up is the one that the services are told of', { skip }, () => {
  for (const { name, objects } of [...overlays, ...choices]) {
    const gateway = workloadsOf(objects).find(({ metadata }) => metadata.name === 'gateway')!
    const url = String(environmentOf(gateway, objects)?.environment.FANLIGHT_BUS_URL)
    const [, scheme, hosts = ''] = /^(\w+):\/\/(.+)$/.exec(url) ?? []
    const broker = workloadsOf(objects).find(({ metadata }) => metadata.name === scheme)
    assert.ok(broker, `${name} has no ${scheme}`)
    const ports = containersOf(broker.spec.template).flatMap((container) => container.ports ?? [])
    for (const host of hosts.split(',')) {
      const [, pod, service, port] = /^(?:(\w+-\d+)\.)?(\w+):(\d+)$/.exec(host) ?? []
      assert.equal(service, scheme, `${name}: ${host}`)
      assert.ok(
        ports.some(({ containerPort }) => String(containerPort) === port),
        `${name}: ${host}`,
      )
      if (pod) assert.ok(Number(pod.split('-')[1]) < (broker.spec.replicas ?? 1), `${name}: ${host}`)
    }
  }
})

test('one GPU, or one slice of one, is asked for where inference runs on CUDA, and nowhere else', { skip }, () => {
  for (const { name, objects } of all) {
    const inference = workloadsOf(objects).find(({ metadata }) => metadata.name === 'inference')!
    const { environment, container } = environmentOf(inference, objects)!
    const limits = Object.entries(container.resources?.limits ?? {}).filter(([key]) => key.startsWith('nvidia.com/'))
    const wanted = name.includes('gpu-mig')
      ? [['nvidia.com/mig-1g.10gb', '1']]
      : name.includes('gpu')
        ? [['nvidia.com/gpu', '1']]
        : []
    assert.deepEqual(limits, wanted, name)
    assert.equal(environment.FANLIGHT_PROVIDER ?? 'cpu', wanted.length > 0 ? 'cuda' : 'cpu', name)
    assert.equal(/cuda$/.test(container.image ?? ''), wanted.length > 0, name)
    const { tolerations = [], affinity } = inference.spec.template.spec
    assert.equal(
      tolerations.some(({ key }) => key === 'nvidia.com/gpu') && affinity !== undefined,
      wanted.length > 0,
      name,
    )
  }
})

interface ScaledObject {
  readonly spec: {
    readonly maxReplicaCount: number
    readonly triggers: readonly { metadata: Record<string, string> }[]
  }
}

test('KEDA asks the bus that is there for the topics and groups that its driver makes', { skip }, () => {
  const topics = ['questions.live', 'questions.bulk']
  const expected = {
    kafka: topics.map((topic) => [`fanlight.${topic}`, groupIdOf('fanlight.', 'inference', topic)]),
    nats: topics.map((topic) => [nameOf('fanlight', topic), nameOf('fanlight', 'inference')]),
  }
  const scaled = all.filter(({ objects }) => objects.some(({ kind }) => kind === 'ScaledObject'))
  assert.ok(scaled.length > 40)
  for (const { name, objects } of scaled) {
    const { spec } = objects.find(({ kind }) => kind === 'ScaledObject') as unknown as ScaledObject
    const bus = objects.some(({ kind, metadata }) => kind === 'Service' && metadata.name === 'kafka') ? 'kafka' : 'nats'
    const asked = spec.triggers.map(({ metadata: own }) => [own.topic ?? own.stream, own.consumerGroup ?? own.consumer])
    assert.deepEqual(asked, expected[bus], name)
    for (const { metadata: own } of spec.triggers) {
      const port = bus === 'kafka' ? 9092 : 8222
      assert.equal(own.bootstrapServers ?? own.natsServerMonitoringEndpoint, `${bus}.fanlight.svc:${port}`, name)
    }
    // No more members of a group than partitions: bus-kafka makes topics of 12.
    if (bus === 'kafka') assert.ok(spec.maxReplicaCount <= 12, name)
    const inference = workloadsOf(objects).find(({ metadata }) => metadata.name === 'inference')
    assert.equal(inference?.spec.replicas, undefined, `${name}: an apply would undo what KEDA did`)
  }
})
