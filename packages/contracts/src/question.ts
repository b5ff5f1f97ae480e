import { z } from 'zod'
import { DetectAnswer, DetectQuestion } from './detect-question.ts'
import { forwardsPerTarget, GradientAnswer, GradientQuestion } from './gradient-question.ts'
import { ScoreAnswer, ScoreQuestion } from './score-question.ts'
import { SegmentAnswer, SegmentQuestion } from './segment-question.ts'

/** The only things said between an explainer and a model. */
export const Question = z.discriminatedUnion('kind', [DetectQuestion, ScoreQuestion, GradientQuestion, SegmentQuestion])
export type Question = z.infer<typeof Question>

/** How many forwards a question costs: the length that shard plans cut. */
export function forwardsOf(question: Question): number {
  if (question.kind === 'detect' || question.kind === 'segment') return 1
  if (question.kind === 'gradient') return question.targets.length * forwardsPerTarget(question)
  return question.coalitions.reduce((sum, set) => sum + set.count, 0)
}

export const ShardAnswer = z.discriminatedUnion('kind', [DetectAnswer, ScoreAnswer, GradientAnswer, SegmentAnswer])
export type ShardAnswer = z.infer<typeof ShardAnswer>
