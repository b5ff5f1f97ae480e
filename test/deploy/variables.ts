import type { IConfigMap } from 'kubernetes-models/v1'
import { serviceVariables } from '../../scripts/service-variables.ts'
import { serviceOf, type Workload } from './pods.ts'
import type { KubeObject } from './render.ts'

/** A value that is not to be seen here: it comes from a secret, or from whoever runs compose. */
export const HIDDEN = Symbol('hidden')

export type Environment = Readonly<Record<string, string | typeof HIDDEN>>

/** Variables that a service does not know, values that it would refuse, and variables that it cannot do without. */
export function variableFaults(
  service: string,
  environment: Environment,
  { complete }: { complete: boolean },
): readonly string[] {
  const variables = serviceVariables[service]
  if (variables === undefined) return [`${service} is no service`]
  const ours = Object.entries(environment).filter(([name]) => /^(FANLIGHT|AWS|OTEL)_/.test(name))
  const strange = ours.filter(([name]) => !Object.hasOwn(variables, name) && !name.startsWith('OTEL_'))
  const refused = ours.filter(
    ([name, value]) => value !== HIDDEN && variables[name]?.safeParse(value).success === false,
  )
  const required = Object.keys(variables).filter((name) => !variables[name]!.safeParse(undefined).success)
  const missing = complete ? required.filter((name) => !Object.hasOwn(environment, name)) : []
  return [
    ...strange.map(([name]) => `${service} does not know ${name}`),
    ...refused.map(([name, value]) => `${service} refuses ${name}=${String(value)}`),
    ...missing.map((name) => `${service} is not told ${name}`),
  ]
}

/** The environment of the container that runs one of our services, and which; undefined for the pods of others. */
export function environmentOf(workload: Workload, objects: readonly KubeObject[]) {
  const container = workload.spec.template.spec.containers.find((own) => serviceOf(own) !== undefined)
  if (container === undefined) return undefined
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap') as unknown as readonly IConfigMap[]
  const dataOf = (name: string | undefined) => maps.find(({ metadata }) => metadata?.name === name)?.data ?? {}
  const environment: Environment = {
    ...Object.assign({}, ...(container.envFrom ?? []).map(({ configMapRef }) => dataOf(configMapRef?.name))),
    ...Object.fromEntries(
      (container.env ?? []).map(({ name, value, valueFrom }) => {
        const ref = valueFrom?.configMapKeyRef
        return [name, value ?? (ref ? (dataOf(ref.name)[ref.key] ?? '') : HIDDEN)]
      }),
    ),
  }
  return { service: serviceOf(container)!, environment, container }
}
