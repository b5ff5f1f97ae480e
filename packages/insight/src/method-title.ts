import type { MethodSpec } from '@fanlight/contracts'

// Of jobs’ methods, for aggregates and pages. No code but this file: browsers load it, too.

/** A method's name; of one that measures another the other's, since a job has many of those. */
export function methodTitle({ name, params }: MethodSpec): string {
  const { method, randomised } = params
  if (name !== 'evaluate' || typeof method !== 'object' || method === null || Array.isArray(method)) return name
  const inner = typeof method.name === 'string' ? method.name : name
  return randomised == null ? inner : `${inner}-redrawn`
}

/** Under which name the targets of a method are counted: what is measured is told apart from what only explains. */
export const countedName = (spec: MethodSpec): string =>
  methodTitle(spec) === spec.name ? spec.name : `${spec.name} ${methodTitle(spec)}`
