import { forwardsPerTarget } from './gradient-question.ts'
import type { ShardRef } from './messages.ts'
import { forwardsOf, type Question } from './question.ts'
import type { CoalitionSet } from './score-question.ts'

/** Where each shard starts, then the end: [0, 32, 64, 100] is three shards. Stored once, never cut anew. */
export type ShardPlan = readonly number[]

/** What the values of a shard's answer may take, in bytes: in base64 they must fit into a message. */
const MAX_VALUE_BYTES = 450_000

/** The shards of a question are written and sent together: with more forwards than that, there are more in each. */
const MAX_SHARDS = 2_000

/**
 * @param size forwards a shard, at least 1; more where that would make too many shards, but never so many that an
 * answer is too large for a message
 */
export function cutPlan(question: Question, size: number): ShardPlan {
  const total = forwardsOf(question)
  const wanted = Math.max(Math.floor(size), Math.ceil(total / MAX_SHARDS))
  const grain = grainOf(question)
  const step = grain * Math.max(1, Math.floor(Math.min(wanted, maxSizeOf(question)) / grain))
  const plan: number[] = []
  for (let from = 0; from < total; from += step) plan.push(from)
  return [...plan, total]
}

/** A shard begins and ends at multiples of it: the gradients of one target stay together. */
const grainOf = (question: Question): number => (question.kind === 'gradient' ? forwardsPerTarget(question) : 1)

function maxSizeOf(question: Question): number {
  if (question.kind === 'detect' || question.kind === 'segment') return 1
  if (question.kind === 'gradient') {
    const { map, objectives } = question
    return grainOf(question) * Math.floor(MAX_VALUE_BYTES / (4 * objectives.length * map.width * map.height))
  }
  return Math.floor(MAX_VALUE_BYTES / (4 * question.targets.length * question.objectives.length))
}

/** A question as it was asked and cut. */
export interface CutQuestion {
  readonly project: string
  readonly explanation: string
  readonly ordinal: number
  readonly hash: string
  readonly plan: ShardPlan
}

/** @param shard of the plan */
export function shardRef({ project, explanation, ordinal, hash, plan }: CutQuestion, shard: number): ShardRef {
  const [from, to] = plan.slice(shard)
  if (from === undefined || to === undefined)
    throw new RangeError(`a plan of ${plan.length - 1} shards has no ${shard}`)
  return { project, explanation, ordinal, shard, hash, from, to }
}

/** The question that a worker gets: the same, with only the coalitions, or the targets, of the forwards [from, to). */
export function sliceQuestion(question: Question, from: number, to: number): Question {
  if (question.kind === 'detect' || question.kind === 'segment') return question
  if (question.kind === 'gradient') {
    const grain = grainOf(question)
    return { ...question, targets: question.targets.slice(from / grain, to / grain) }
  }
  const coalitions: CoalitionSet[] = []
  let start = 0
  for (const set of question.coalitions) {
    const [low, high] = [Math.max(from - start, 0), Math.min(to - start, set.count)]
    if (low < high) coalitions.push(sliceSet(set, low, high))
    start += set.count
  }
  return { ...question, coalitions }
}

function sliceSet(set: CoalitionSet, low: number, high: number): CoalitionSet {
  const count = high - low
  if (set.kind === 'random') return { ...set, first: set.first + low, count }
  const bytes = Buffer.from(set.bits, 'base64')
  const rowBytes = bytes.byteLength / set.count
  return { ...set, count, bits: bytes.subarray(low * rowBytes, high * rowBytes).toString('base64') }
}
