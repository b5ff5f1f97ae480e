import kafkajs, { type GroupMember, type PartitionAssigner } from 'kafkajs'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

/** A member of the group, and the partitions that it has had so far. */
export interface Claim {
  readonly memberId: string
  readonly owned: readonly number[]
}

const name = 'fanlight-sticky'
const version = 1

/**
 * Members tell what they own when they join, and their leader leaves it to them where that is fair: what moves and runs
 * is handled twice. (kafkajs's own assigner goes by the members' random ids.) For groups of one topic.
 * @param owned what this member owns when it joins
 */
export function stickyAssigner(owned: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) }),
    }),
    async assign({ members, topics: [topic = ''] }) {
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      return [...share(partitions, members.map(claimOf))].map(([memberId, part]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: { [topic]: part },
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

const claimOf = ({ memberId, memberMetadata }: GroupMember): Claim => ({
  memberId,
  owned: parseOwned(MemberMetadata.decode(memberMetadata)?.userData),
})

/** Anybody may have joined: what is no list of numbers is none. */
function parseOwned(userData: Buffer | undefined): readonly number[] {
  try {
    const parsed: unknown = JSON.parse(String(userData))
    return Array.isArray(parsed) ? parsed.filter((each) => typeof each === 'number') : []
  } catch {
    return []
  }
}

/**
 * Evenly, to within one partition; each member keeps what it owns up to its part. Deterministic, and in any order of
 * the claims the same; of two that claim a partition the first by id keeps it.
 */
export function share(partitions: readonly number[], claims: readonly Claim[]): Map<string, number[]> {
  const left = new Set(partitions)
  const members = claims.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const parts = new Map(members.map(({ memberId }) => [memberId, [] as number[]]))
  const least = Math.floor(partitions.length / members.length)
  let larger = partitions.length % members.length
  for (const { memberId, owned } of members) {
    const part = parts.get(memberId)!
    for (const partition of owned) {
      if (part.length > least || !left.has(partition)) continue
      if (part.length === least && larger-- <= 0) break
      left.delete(partition)
      part.push(partition)
    }
  }
  for (const partition of left) {
    const smallest = [...parts.values()].reduce((a, b) => (b.length < a.length ? b : a))
    smallest.push(partition)
  }
  return parts
}
