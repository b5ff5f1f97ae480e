import { AsyncLocalStorage } from 'node:async_hooks'

const fields = new AsyncLocalStorage<Readonly<Record<string, unknown>>>()

/** Ids that every line logged within the work carries. */
export function withLogFields<T>(more: Readonly<Record<string, unknown>>, work: () => T): T {
  return fields.run({ ...fields.getStore(), ...more }, work)
}

export const logFields = (): Readonly<Record<string, unknown>> => fields.getStore() ?? {}
