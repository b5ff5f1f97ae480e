import type { Question, Variant } from '@fanlight/contracts'

/** What a question wants changed; nothing as a rule. */
export const variantOf = (question: Question): Variant =>
  question.kind === 'score' || question.kind === 'gradient' ? (question.variant ?? {}) : {}
