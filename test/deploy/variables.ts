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

/** Variables that no manifest sets, for all services or some of them, and why their defaults are right there. */
export const defaultOnPurpose: Readonly<Record<string, string>> = {
  FANLIGHT_HEALTH_HOST: 'probes and Prometheus come from outside the container',
  FANLIGHT_BUS_CA_FILE: 'the brokers of the manifests speak plainly; for TLS a certificate must be mounted first',
  AWS_SESSION_TOKEN: 'a key that is lent expires: for trying by hand',
  FANLIGHT_MAX_IMAGE_BYTES: 'a limit on what is hostile, the same wherever it runs',
  FANLIGHT_MAX_IMAGE_PIXELS: 'a limit on what is hostile, the same wherever it runs',
  FANLIGHT_MAX_MODEL_BYTES: 'a limit on what is hostile, the same wherever it runs',
  FANLIGHT_SHARD_TIMEOUT_MS: 'shards are cut to a time, whatever computes them',
  FANLIGHT_LOAD_TIMEOUT_MS: 'a minute is enough on any hardware of the manifests',
  FANLIGHT_PROJECT: 'one project is served: its name is seen in paths and keys only',
  FANLIGHT_MAX_WAITING_LIVE: 'bounds how long people wait, not what the machine bears',
  FANLIGHT_ALLOW_FILES: 'containers see no folder of others',
  FANLIGHT_SOURCES: 'listing waits for S3 and takes no core',
}

export interface ServiceEnvironment {
  readonly service: string
  readonly environment: Environment
}

/**
 * Variables that a service knows and that none of its environments sets, unless they are left out on purpose; and of
 * those, which are no more: unknown to all, or set for all who know them.
 */
export function silenceFaults(
  told: readonly ServiceEnvironment[],
  onPurpose: Readonly<Record<string, string>>,
): readonly string[] {
  const isSet = (service: string, name: string) =>
    told.some((each) => each.service === service && Object.hasOwn(each.environment, name))
  const unset = Object.entries(serviceVariables).flatMap(([service, variables]) =>
    Object.keys(variables).flatMap((name) => (isSet(service, name) ? [] : [{ service, name }])),
  )
  const forgotten = unset.filter(({ name }) => !Object.hasOwn(onPurpose, name))
  const needless = Object.keys(onPurpose).filter((silent) => !unset.some(({ name }) => name === silent))
  return [
    ...forgotten.map(({ service, name }) => `${service} knows ${name}, which nobody sets`),
    ...needless.map((name) => `${name} is not left out anywhere`),
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
