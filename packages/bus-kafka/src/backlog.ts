import type { Backlog } from '@fanlight/ports'
import type { Admin } from 'kafkajs'
import { groupIdOf, parseGroupId } from './names.ts'

/** Kafka knows a group for as long as it has members or positions. */
export async function readBacklog(
  admin: Admin,
  topics: readonly string[],
  prefix: string,
): Promise<readonly Backlog[]> {
  const existing = new Set(await admin.listTopics())
  const used = topics.filter((topic) => existing.has(prefix + topic))
  if (used.length === 0) return []
  const { groups } = await admin.listGroups()
  const byTopic = Map.groupBy(
    groups.flatMap(({ groupId }) => parseGroupId(prefix, groupId) ?? []),
    ({ topic }) => topic,
  )
  const rows = used.map(async (topic) => {
    const names = (byTopic.get(topic) ?? []).map(({ group }) => group).sort()
    if (names.length === 0) return []
    const ranges = await admin.fetchTopicOffsets(prefix + topic)
    return Promise.all(
      names.map(async (group) => {
        const committed = await committedOf(admin, groupIdOf(prefix, group, topic), prefix + topic)
        const waiting = ranges.reduce((sum, { partition, low, high }) => {
          const from = Math.max(committed.get(partition) ?? 0, Number(low))
          return sum + Math.max(0, Number(high) - from)
        }, 0)
        return { topic, group, waiting }
      }),
    )
  })
  return (await Promise.all(rows)).flat()
}

/** Positions by partition; -1 where the group has none. */
async function committedOf(admin: Admin, groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
  const fetched = await admin.fetchOffsets({ groupId, topics: [topic] })
  return new Map(fetched.flatMap(({ partitions }) => partitions.map((each) => [each.partition, Number(each.offset)])))
}
