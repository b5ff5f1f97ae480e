/** Version of every message's schema; a consumer of N reads N and what `upgrades` leads to it from. */
export const CONTRACT_VERSION: number = 1

type Body = Readonly<Record<string, unknown>>

/**
 * How a body of one version becomes one of the next, by the version that it has. A release keeps the step from the
 * release before it, so that a rolling update works in mid-job: old bodies that wait on the bus are read by new
 * processes, and new bodies wait for a process that knows them (`MESSAGE_NEWER`).
 */
export const upgrades: Readonly<Record<number, (topic: string, body: Body) => Body>> = {}

/** @returns the body in this version, as far as there are steps to it: what it then is, its schema tells */
export function upgraded(topic: string, body: unknown): unknown {
  let current = body
  for (let version = versionOf(current); version < CONTRACT_VERSION; version++) {
    const upgrade = upgrades[version]
    if (!upgrade) return current
    current = { ...upgrade(topic, current as Body), version: version + 1 }
  }
  return current
}

/** What is no body of any version counts as newer than all: there is nothing to be done for it. */
function versionOf(body: unknown): number {
  if (typeof body !== 'object' || body === null || !('version' in body)) return Number.POSITIVE_INFINITY
  return Number.isSafeInteger(body.version) ? (body.version as number) : Number.POSITIVE_INFINITY
}
