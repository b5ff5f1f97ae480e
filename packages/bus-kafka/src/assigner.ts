import kafkajs, { type Assignment, type GroupMember, type PartitionAssigner } from 'kafkajs'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

/** A member of the group, with what it wants and what it has had so far. */
export interface Claim {
  readonly memberId: string
  readonly topics: readonly string[]
  readonly owned: Assignment
}

/**
 * Kafka's members bring what they own when they join, and their leader leaves it to them where that is fair: what moves
 * is handled twice where it runs. Unlike kafkajs's own, it also serves groups whose members read different topics.
 * @param owned what this member owns when it joins
 */
export function stickyAssigner(owned: () => Assignment): PartitionAssigner {
  const version = 1
  return ({ cluster }) => ({
    name: 'fanlight-sticky',
    version,
    protocol: ({ topics }) => ({
      name: 'fanlight-sticky',
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) }),
    }),
    async assign({ members }) {
      const claims = members.map(claimOf)
      const topics = [...new Set(claims.flatMap((claim) => claim.topics))].sort()
      await cluster.addMultipleTargetTopics(topics)
      const partitions = new Map(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
      )
      return [...share(claims, partitions)].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
      }))
    },
  })
}

function claimOf({ memberId, memberMetadata }: GroupMember): Claim {
  const metadata = MemberMetadata.decode(memberMetadata)
  return { memberId, topics: metadata?.topics ?? [], owned: parseOwned(metadata?.userData) }
}

/** Of whoever else joined the group: no more is believed than is needed. */
function parseOwned(userData: Buffer | undefined): Assignment {
  try {
    const parsed: unknown = JSON.parse(userData?.toString() ?? '')
    if (typeof parsed !== 'object' || parsed === null) return {}
    return Object.fromEntries(Object.entries(parsed).filter(([, partitions]) => Array.isArray(partitions)))
  } catch {
    return {}
  }
}

/**
 * Each topic evenly over the members that read it, to within one partition; of the rest, the members with least get
 * more. A member keeps what it owns up to its part. Deterministic.
 */
export function share(
  claims: readonly Claim[],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, Assignment> {
  const shares = new Map(claims.map(({ memberId }) => [memberId, {} as Assignment]))
  const totals = new Map<string, number>()
  for (const [topic, all] of partitions) {
    const readers = claims
      .filter(({ topics }) => topics.includes(topic))
      .sort(
        (a, b) => (totals.get(a.memberId) ?? 0) - (totals.get(b.memberId) ?? 0) || (a.memberId < b.memberId ? -1 : 1),
      )
    if (readers.length === 0) continue
    for (const [{ memberId }, part] of shareTopic(topic, all, readers)) {
      shares.get(memberId)![topic] = part
      totals.set(memberId, (totals.get(memberId) ?? 0) + part.length)
    }
  }
  return shares
}

/** @param readers those first that get one more when it cannot be even */
function shareTopic(topic: string, all: readonly number[], readers: readonly Claim[]): Map<Claim, number[]> {
  const left = new Set(all)
  const parts = new Map(readers.map((reader) => [reader, [] as number[]]))
  const least = Math.floor(all.length / readers.length)
  let larger = all.length % readers.length
  for (const [reader, part] of parts) {
    for (const partition of reader.owned[topic] ?? []) {
      if (!left.has(partition)) continue
      if (part.length === least && larger > 0) larger -= 1
      else if (part.length >= least) break
      left.delete(partition)
      part.push(partition)
    }
  }
  for (const partition of [...left].sort((a, b) => a - b)) {
    const part = [...parts.values()].reduce((a, b) => (b.length < a.length ? b : a))
    part.push(partition)
  }
  return parts
}
