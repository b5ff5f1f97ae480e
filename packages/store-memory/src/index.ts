import type { Clock, Store } from '@fanlight/ports'
import { aggregateMethods } from './aggregates.ts'
import { claimMethods } from './claims.ts'
import { deadLetterMethods } from './dead-letters.ts'
import { deadlineMethods } from './deadlines.ts'
import { derivedModelMethods } from './derived-models.ts'
import { detectorMethods } from './detectors.ts'
import { explanationMethods } from './explanations.ts'
import { jobMethods } from './jobs.ts'
import { outboxMethods } from './outbox.ts'
import { questionMethods } from './questions.ts'
import { retentionMethods } from './retention.ts'
import { sourceMethods } from './sources.ts'
import { newState } from './state.ts'

/**
 * The port's semantics over plain Maps, nothing more: the model that other drivers are compared with, and the store
 * of simulations. No method awaits anything, so each one is a transaction. Forgets everything on exit.
 */
export function memoryStore({ clock }: { clock: Clock }): Store {
  const state = newState(clock)
  return {
    ...jobMethods(state),
    ...sourceMethods(state),
    ...deadlineMethods(state),
    ...detectorMethods(state),
    ...derivedModelMethods(state),
    ...claimMethods(state),
    ...explanationMethods(state),
    ...questionMethods(state),
    ...aggregateMethods(state),
    ...deadLetterMethods(state),
    ...outboxMethods(state),
    ...retentionMethods(state),
    async [Symbol.asyncDispose]() {},
  }
}
