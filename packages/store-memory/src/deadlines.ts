import { jobChanged, type Store } from '@fanlight/ports'
import { cancel } from './endings.ts'
import { type State, send } from './state.ts'

export const deadlineMethods = (state: State): Pick<Store, 'cancelOverdue'> => ({
  async cancelOverdue(limit) {
    const now = state.clock.now()
    const overdue = [...state.jobs.values()]
      .filter(({ deadlineAt, state }) => deadlineAt !== undefined && deadlineAt <= now && !isOver(state))
      .sort((a, b) => a.deadlineAt! - b.deadlineAt! || a.serial - b.serial)
      .slice(0, limit)
    for (const job of overdue) cancel(job, now)
    return {
      jobs: overdue.map(({ project, id }) => ({ project, job: id })),
      ...send(
        state,
        overdue.map(({ project, id }) => jobChanged(project, id)),
      ),
    }
  },
})

const isOver = (state: string): boolean => state === 'done' || state === 'cancelled'
