import type { Store } from '@fanlight/ports'
import type { State } from './state.ts'

export const outboxMethods = (state: State): Pick<Store, 'markSent' | 'unsent'> => ({
  async markSent(ids) {
    for (const id of ids) state.outbox.delete(id)
  },

  async unsent(olderThanMs, limit) {
    const before = state.clock.now() - olderThanMs
    const waiting = [...state.outbox.values()].filter(({ writtenAt }) => writtenAt <= before).slice(0, limit)
    return waiting.map(({ writtenAt: _, ...message }) => message)
  },
})
