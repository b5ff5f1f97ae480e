import type { MethodSpec } from './api.ts'

/** A method's name; of one that measures another the other's, since a job has many of those. */
export function methodTitle({ name, params }: MethodSpec): string {
  const { method, randomised } = params
  if (name !== 'evaluate' || typeof method !== 'object' || method === null || Array.isArray(method)) return name
  const inner = typeof method.name === 'string' ? method.name : name
  return randomised == null ? inner : `${inner}-redrawn`
}
