import type { Backlog } from '@fanlight/ports'
import kafkajs, { type Admin, type GroupDescription } from 'kafkajs'

type Offsets = ReadonlyMap<number, number>

/** A group has a row for what it committed to or has members for now. Topics and groups begin with the prefix. */
export async function readBacklog(
  admin: Admin,
  topics: readonly string[],
  prefix: string,
): Promise<readonly Backlog[]> {
  const existing = new Set(await admin.listTopics())
  const used = topics.filter((topic) => existing.has(prefix + topic))
  if (used.length === 0) return []
  const groups = await groupsOf(admin, prefix)
  const committed = await Promise.all(groups.map(({ groupId }) => committedOf(admin, groupId, used, prefix)))
  const rows: Backlog[] = []
  for (const topic of used) {
    const ranges = await admin.fetchTopicOffsets(prefix + topic)
    for (const [index, group] of groups.entries()) {
      const offsets = committed[index]?.get(topic) ?? new Map<number, number>()
      if (offsets.size === 0 && !subscribes(group, prefix + topic)) continue
      const waiting = ranges.reduce((sum, { partition, low, high }) => {
        const from = Math.max(offsets.get(partition) ?? 0, Number(low))
        return sum + Math.max(0, Number(high) - from)
      }, 0)
      rows.push({ topic, group: group.groupId.slice(prefix.length), waiting })
    }
  }
  return rows
}

/** By name. */
async function groupsOf(admin: Admin, prefix: string): Promise<readonly GroupDescription[]> {
  const { groups } = await admin.listGroups()
  const ids = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(prefix))
  if (ids.length === 0) return []
  const described = await admin.describeGroups(ids)
  return described.groups.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

/** The positions that the group has, by topic and partition. */
async function committedOf(admin: Admin, groupId: string, topics: readonly string[], prefix: string) {
  const ofTopics = await admin.fetchOffsets({ groupId, topics: topics.map((topic) => prefix + topic) })
  return new Map<string, Offsets>(
    ofTopics.map(({ topic, partitions }) => {
      const positions = partitions.map(({ partition, offset }) => [partition, Number(offset)] as const)
      return [topic.slice(prefix.length), new Map(positions.filter(([, offset]) => offset >= 0))]
    }),
  )
}

function subscribes({ members }: GroupDescription, topic: string): boolean {
  return members.some(({ memberMetadata }) => {
    // A member that is about to join has none yet.
    if (memberMetadata.length === 0) return false
    return kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics.includes(topic)
  })
}
