// A topic's name has no colon, so the last one of a group's id ends the group.
const separator = ':'

/**
 * Each topic has a Kafka group of its own: else members of one group that read different topics would wait for each
 * other at every change, and a position would hang on the set of topics.
 */
export const groupIdOf = (prefix: string, group: string, topic: string) => `${prefix}${group}${separator}${topic}`

/** Undefined for the group of another prefix, or none of ours. */
export function parseGroupId(prefix: string, groupId: string): { group: string; topic: string } | undefined {
  const end = groupId.lastIndexOf(separator)
  if (!groupId.startsWith(prefix) || end < prefix.length) return undefined
  return { group: groupId.slice(prefix.length, end), topic: groupId.slice(end + 1) }
}
