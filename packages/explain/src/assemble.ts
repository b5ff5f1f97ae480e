import { decodeFloat32, forwardsOf, type Question, type ShardAnswer, type ShardPlan } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { Answer } from './explainer.ts'

/**
 * A question's whole answer from the answers to its shards: the same bits whatever the plan.
 * @param answers one a shard, in the plan's order
 * @throws InputError `MESSAGE_INVALID` when an answer is of another kind or length than its shard
 */
export function assembleAnswer(question: Question, plan: ShardPlan, answers: readonly ShardAnswer[]): Answer {
  if (question.kind === 'detect') {
    const answer = answers[0]
    if (answer?.kind !== 'detect') throw misfit('a detect question was answered by something else')
    return answer
  }
  if (answers.length !== plan.length - 1) throw misfit(`${answers.length} answers to ${plan.length - 1} shards`)
  const rows = question.objectives.length * question.targets.length
  const total = forwardsOf(question)
  const values = new Float32Array(rows * total)
  for (const [shard, answer] of answers.entries()) {
    if (answer.kind !== 'score') throw misfit('a score question was answered by something else')
    const [from, to] = [plan[shard]!, plan[shard + 1]!]
    const part = decodeFloat32(answer.values)
    if (part.length !== rows * (to - from)) throw misfit(`${part.length} values for ${rows} × ${to - from}`)
    for (let row = 0; row < rows; row++) {
      values.set(part.subarray(row * (to - from), (row + 1) * (to - from)), row * total + from)
    }
  }
  return { kind: 'score', values }
}

const misfit = (what: string) => new InputError('MESSAGE_INVALID', `shard answers do not fit their question: ${what}`)
