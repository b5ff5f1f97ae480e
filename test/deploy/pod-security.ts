import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import { containersOf, type Workload } from './pods.ts'

/** Volumes that Kubernetes' "restricted" standard allows, as far as we use them. */
const volumeKinds = ['configMap', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret', 'downwardAPI']

/** What keeps a workload from the Pod Security Standard "restricted", and from our own rules beyond it. */
export function podSecurityFaults({ spec: { template } }: Workload): readonly string[] {
  const pod = podFaults(template.spec)
  return [...pod, ...containersOf(template).flatMap((container) => containerFaults(container, template.spec))]
}

function podFaults(spec: IPodSpec): readonly string[] {
  const own = spec.securityContext ?? {}
  const checks: Readonly<Record<string, boolean>> = {
    'the pod may run as root': own.runAsNonRoot !== true || !own.runAsUser,
    'the pod has no seccomp profile': own.seccompProfile?.type !== 'RuntimeDefault',
    'the pod shares the host': Boolean(spec.hostNetwork || spec.hostPID || spec.hostIPC),
    'the pod gets a token of the API': spec.automountServiceAccountToken !== false,
    'the pod has no service account of its own': (spec.serviceAccountName ?? 'default') === 'default',
    'Services become variables of the pod': spec.enableServiceLinks !== false,
    'a volume is of a kind that is not allowed': (spec.volumes ?? []).some(
      ({ name: _, ...kinds }) => !Object.keys(kinds).every((kind) => volumeKinds.includes(kind)),
    ),
  }
  return faultsOf(checks)
}

function containerFaults(container: IContainer, pod: IPodSpec): readonly string[] {
  const own = container.securityContext ?? {}
  const { requests, limits } = container.resources ?? {}
  const isInit = pod.initContainers?.includes(container) ?? false
  const checks: Readonly<Record<string, boolean>> = {
    'may escalate': own.allowPrivilegeEscalation !== false,
    'is privileged': own.privileged === true,
    'runs as root': own.runAsNonRoot === false || own.runAsUser === 0,
    'has another seccomp profile': own.seccompProfile !== undefined,
    'keeps capabilities': own.capabilities?.drop?.includes('ALL') !== true || Boolean(own.capabilities.add?.length),
    'may write to its root file system': own.readOnlyRootFilesystem !== true,
    'has a port of the host': (container.ports ?? []).some(({ hostPort }) => hostPort !== undefined),
    'asks for nothing': requests?.cpu === undefined || requests.memory === undefined,
    'may take all memory': limits?.memory === undefined,
    'has an image without a version': !/:[^:/]*\d[^:/]*$/.test(container.image ?? '') && !isOurs(container.image),
    'is not watched': !isInit && !(container.livenessProbe && container.readinessProbe && container.startupProbe),
  }
  return faultsOf(checks).map((fault) => `container ${container.name} ${fault}`)
}

/** The base names our images without a version: overlays say which. */
const isOurs = (image: string | undefined) => image === 'fanlight-cpu' || image === 'fanlight-cuda'

const faultsOf = (checks: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.keys(checks).filter((name) => checks[name])
