import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IConfigMap, IPodSpec, ISecret, IService } from 'kubernetes-models/v1'
import { containersOf, type Labels, matches, type PodTemplate, portsOf, type Workload, workloadsOf } from './pods.ts'
import type { KubeObject } from './render.ts'

const ofKind = <T>(objects: readonly KubeObject[], kind: string) =>
  objects.filter((object) => object.kind === kind) as unknown as readonly (T & KubeObject)[]

/** Selectors that select nothing, and ports, names and volumes that lead nowhere. */
export function referenceFaults(objects: readonly KubeObject[], secrets: readonly ISecret[]): readonly string[] {
  const workloads = workloadsOf(objects)
  const pods = workloads.map(({ spec }) => spec.template)
  return [
    ...workloads.flatMap((workload) => workloadFaults(workload, objects, secrets)),
    ...ofKind<IService>(objects, 'Service').flatMap((service) => serviceFaults(service, pods)),
    ...['PodDisruptionBudget', 'PodMonitor'].flatMap((kind) =>
      ofKind<{ spec: { selector: { matchLabels: Labels } } }>(objects, kind)
        .filter(({ spec }) => !pods.some(({ metadata }) => matches(spec.selector.matchLabels, metadata.labels)))
        .map(({ metadata }) => `${kind} ${metadata.name} selects no pod`),
    ),
    ...ofKind<{ spec: { scaleTargetRef: { name: string } } }>(objects, 'ScaledObject')
      .filter(({ spec }) => !workloads.some(({ metadata }) => metadata.name === spec.scaleTargetRef.name))
      .map(({ metadata }) => `ScaledObject ${metadata.name} scales nothing`),
  ]
}

function workloadFaults(workload: Workload, objects: readonly KubeObject[], secrets: readonly ISecret[]) {
  const { selector, template, volumeClaimTemplates = [] } = workload.spec
  const { labels } = template.metadata
  const spread = template.spec.topologySpreadConstraints ?? []
  const anti = template.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const selectors = [
    selector.matchLabels,
    ...spread.map(({ labelSelector }) => labelSelector?.matchLabels ?? {}),
    ...anti.map(({ podAffinityTerm }) => podAffinityTerm.labelSelector?.matchLabels ?? {}),
  ]
  const volumes = [...(template.spec.volumes ?? []), ...volumeClaimTemplates.map(({ metadata }) => metadata)]
  const mounted = containersOf(template).flatMap(({ volumeMounts = [] }) => volumeMounts)
  const accounts = ofKind(objects, 'ServiceAccount').map(({ metadata }) => metadata.name)
  const faults = [
    ...selectors
      .filter((own) => !matches(own, labels))
      .map((own) => `does not select itself by ${JSON.stringify(own)}`),
    ...mounted
      .filter((mount) => !volumes.some(({ name }) => name === mount.name))
      .map(({ name }) => `mounts a volume ${name} that it does not have`),
    ...probePorts(template)
      .filter((port) => !hasPort(template, port))
      .map((port) => `is probed at ${port}, which is no port`),
    ...(accounts.includes(template.spec.serviceAccountName ?? '') ? [] : ['has a service account that is not there']),
    ...configFaults(template.spec, objects, secrets),
  ]
  return faults.map((fault) => `${workload.kind} ${workload.metadata.name} ${fault}`)
}

const hasPort = (template: PodTemplate, port: string | number) =>
  portsOf(template).some(({ name, containerPort }) => name === port || containerPort === port)

function probePorts(template: PodTemplate): readonly (string | number)[] {
  return template.spec.containers.flatMap(({ startupProbe, livenessProbe, readinessProbe }) =>
    [startupProbe, livenessProbe, readinessProbe].flatMap(
      (probe) => probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? [],
    ),
  )
}

function configFaults(spec: IPodSpec, objects: readonly KubeObject[], secrets: readonly ISecret[]): readonly string[] {
  const maps = ofKind<IConfigMap>(objects, 'ConfigMap')
  const keysOf = (name: string | undefined) => maps.find(({ metadata }) => metadata.name === name)?.data ?? {}
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const wholeMaps = [
    ...containers.flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef?.name)),
    ...(spec.volumes ?? []).flatMap(({ configMap }) => (configMap ? [configMap.name] : [])),
  ]
  const values = containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom ?? []))
  return [
    ...wholeMaps
      .filter((name) => Object.keys(keysOf(name)).length === 0)
      .map((name) => `uses a ConfigMap ${name} of nobody`),
    ...values.flatMap(({ configMapKeyRef: ref }) =>
      ref && !Object.hasOwn(keysOf(ref.name), ref.key) ? [`uses ${ref.key} of a ConfigMap ${ref.name} without it`] : [],
    ),
    ...values.flatMap(({ secretKeyRef: ref }) => {
      const secret = secrets.find(({ metadata }) => metadata?.name === ref?.name)
      return ref && !Object.hasOwn(secret?.stringData ?? {}, ref.key)
        ? [`uses ${ref.key} of the secret ${ref.name}, which k8s/secrets.example.yaml does not have`]
        : []
    }),
  ]
}

function serviceFaults({ metadata, spec }: IService & KubeObject, pods: readonly PodTemplate[]): readonly string[] {
  const selected = pods.filter((pod) => matches(spec?.selector ?? {}, pod.metadata.labels))
  if (selected.length === 0) return [`Service ${metadata.name} selects no pod`]
  return (spec?.ports ?? [])
    .filter(({ port, targetPort = port }) => !selected.every((pod) => hasPort(pod, targetPort)))
    .map(({ port }) => `Service ${metadata.name} leads port ${port} nowhere`)
}

/**
 * Policies are made for all that may be there: each must select somebody, and name only ports that somebody whom it
 * selects listens on, in some choice of components.
 */
export function policyFaults(policies: readonly KubeObject[], pods: readonly PodTemplate[]): readonly string[] {
  const selectedBy = (labels: Labels = {}) => pods.filter(({ metadata }) => matches(labels, metadata.labels))
  return ofKind<INetworkPolicy>(policies, 'NetworkPolicy').flatMap(({ metadata, spec }) => {
    const own = selectedBy(spec?.podSelector?.matchLabels)
    const incoming = (spec?.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports, listeners: own }))
    const outgoing = (spec?.egress ?? []).map(({ to = [], ports = [] }) => ({
      peers: to,
      ports,
      listeners: to.flatMap(({ podSelector }) => (podSelector ? selectedBy(podSelector.matchLabels) : [])),
    }))
    const peers = [...incoming, ...outgoing].flatMap((rule) => rule.peers)
    const lost = peers.some(({ podSelector }) => podSelector && selectedBy(podSelector.matchLabels).length === 0)
    const deaf = [...incoming, ...outgoing]
      .filter(({ listeners }) => listeners.length > 0)
      .flatMap(({ ports, listeners }) => ports.filter(({ port }) => !listeners.some((pod) => hasPort(pod, port ?? ''))))
    return [
      ...(own.length === 0 ? ['selects no pod'] : []),
      ...(lost ? ['speaks of a peer that is nobody'] : []),
      ...deaf.map(({ port }) => `opens port ${port}, where nobody listens`),
    ].map((fault) => `NetworkPolicy ${metadata.name} ${fault}`)
  })
}
