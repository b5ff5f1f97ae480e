import kafkajs, { type ICustomPartitioner, type Message as Outgoing } from 'kafkajs'

/** A message on its way to the broker, which may say where in [0, 1) among the partitions it belongs. */
export interface Placed extends Outgoing {
  readonly place?: number | undefined
}

/** By place where a message has one, else by key as every Kafka client does (murmur2). */
export const byPlaceOrKey: ICustomPartitioner = () => {
  const byKey = kafkajs.Partitioners.DefaultPartitioner()
  return (choice) => {
    const { place }: Placed = choice.message
    if (place === undefined) return byKey(choice)
    const partitions = choice.partitionMetadata.map(({ partitionId }) => partitionId).sort((a, b) => a - b)
    return partitions[Math.min(partitions.length - 1, Math.floor(place * partitions.length))] ?? 0
  }
}
