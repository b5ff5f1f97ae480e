import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import type { KubeObject } from './render.ts'

export type Labels = Readonly<Record<string, string>>

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels }
  readonly spec: IPodSpec
}

/** A workload, as far as Deployments and StatefulSets are the same. Its schema has been checked before. */
export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly selector: { readonly matchLabels: Labels }
    readonly template: PodTemplate
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  }
}

export const workloadsOf = (objects: readonly KubeObject[]): readonly Workload[] =>
  objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet') as Workload[]

export const containersOf = ({ spec }: PodTemplate): readonly IContainer[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
]

/** `services/gateway/src/main.ts` → gateway; undefined for what is not ours. */
export const serviceOf = ({ args }: { readonly args?: readonly string[] }): string | undefined =>
  args?.[0]?.match(/^services\/([a-z]+)\/src\/main\.ts$/)?.[1]

export const matches = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value)

export const portsOf = (template: PodTemplate) => containersOf(template).flatMap(({ ports = [] }) => ports)
