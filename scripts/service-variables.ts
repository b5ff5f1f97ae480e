// What configures each service, from the services themselves: for the table in docs/operations.md and for the tests of
// the manifests.

import { tmpdir } from 'node:os'
import type { Variables } from '@fanlight/service-kit/config'
import { processVariables } from '@fanlight/service-kit/run'
import { variables as aggregator } from '../services/aggregator/src/config.ts'
import { variables as explainer } from '../services/explainer/src/config.ts'
import { variables as gateway } from '../services/gateway/src/config.ts'
import { variables as inference } from '../services/inference/src/config.ts'
import { variables as ingest } from '../services/ingest/src/config.ts'

const own: Readonly<Record<string, Variables>> = { aggregator, explainer, gateway, inference, ingest }

export const serviceVariables: Readonly<Record<string, Variables>> = Object.fromEntries(
  Object.entries(own).map(([service, variables]) => [service, { ...processVariables, ...variables }]),
)

/** Variable, services, default, what it is for. */
export function variableRows(): readonly (readonly string[])[] {
  const services = Object.entries(serviceVariables)
  const schemas = Object.assign({}, ...Object.values(serviceVariables)) as Variables
  return Object.entries(schemas).map(([name, schema]) => {
    const readers = services.filter(([, variables]) => Object.hasOwn(variables, name)).map(([service]) => service)
    const { about = '', example } = schema.meta() ?? {}
    return [
      `\`${name}\``,
      readers.length === services.length ? 'all' : readers.join(', '),
      defaultOf(schema.safeParse(undefined)),
      example === undefined ? about : `${about}, such as \`${example}\``,
    ]
  })
}

function defaultOf({ success, data }: { success: boolean; data?: unknown }): string {
  if (!success) return '**must be set**'
  return data === undefined ? '' : String(data).replace(tmpdir(), '/tmp')
}
