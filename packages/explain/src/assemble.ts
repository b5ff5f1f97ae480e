import {
  decodeFloat32,
  forwardsOf,
  type GradientQuestion,
  type Question,
  type ScoreQuestion,
  type ShardAnswer,
  type ShardPlan,
  sliceQuestion,
} from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { Answer, ScoredCoalitions, TakenGradients } from './explainer.ts'

/**
 * A question's whole answer from the answers to its shards: the same bits whatever the plan.
 * @param answers one a shard, in the plan's order
 * @throws InputError `MESSAGE_INVALID` when an answer is of another kind or length than its shard
 */
export function assembleAnswer(question: Question, plan: ShardPlan, answers: readonly ShardAnswer[]): Answer {
  if (answers.length !== plan.length - 1) throw misfit(`${answers.length} answers to ${plan.length - 1} shards`)
  switch (question.kind) {
    case 'detect':
      return ofKind('detect', answers[0])
    case 'segment':
      return ofKind('segment', answers[0])
    case 'score':
      return scores(question, plan, answers)
    case 'gradient':
      return gradients(question, plan, answers)
  }
}

function scores(question: ScoreQuestion, plan: ShardPlan, answers: readonly ShardAnswer[]): ScoredCoalitions {
  const rows = question.objectives.length * question.targets.length
  const total = forwardsOf(question)
  const values = new Float32Array(rows * total)
  for (const [shard, answer] of answers.entries()) {
    const [from, to] = [plan[shard]!, plan[shard + 1]!]
    const part = decodeFloat32(ofKind('score', answer).values)
    if (part.length !== rows * (to - from)) throw misfit(`${part.length} values for ${rows} × ${to - from}`)
    for (let row = 0; row < rows; row++) {
      values.set(part.subarray(row * (to - from), (row + 1) * (to - from)), row * total + from)
    }
  }
  return { kind: 'score', values }
}

/** Shards are cut between targets, which come first in a map's place. */
function gradients(question: GradientQuestion, plan: ShardPlan, answers: readonly ShardAnswer[]): TakenGradients {
  const { targets, objectives, map } = question
  const size = map.width * map.height
  const maps = new Float32Array(targets.length * objectives.length * size)
  const parts = answers.map((answer) => ofKind('gradient', answer))
  let row = 0
  for (const [shard, part] of parts.entries()) {
    const values = decodeFloat32(part.maps)
    const asked = sliceQuestion(question, plan[shard]!, plan[shard + 1]!) as GradientQuestion
    const rows = asked.targets.length * objectives.length
    if (values.length !== rows * size || part.facts.length !== rows)
      throw misfit(`${values.length} values of maps and ${part.facts.length} facts for ${rows} maps of ${size}`)
    maps.set(values, row * size)
    row += rows
  }
  return { kind: 'gradient', layers: parts[0]?.layers ?? [], maps, facts: parts.flatMap(({ facts }) => facts) }
}

function ofKind<Kind extends ShardAnswer['kind']>(
  kind: Kind,
  answer: ShardAnswer | undefined,
): Extract<ShardAnswer, { kind: Kind }> {
  if (answer?.kind === kind) return answer as Extract<ShardAnswer, { kind: Kind }>
  throw misfit(`a ${kind} question was answered by something else`)
}

const misfit = (what: string) => new InputError('MESSAGE_INVALID', `shard answers do not fit their question: ${what}`)
