import type { Store } from '@fanlight/ports'
import { jobOf, type State } from './state.ts'

export const sourceMethods = (state: State): Pick<Store, 'readSource' | 'unfinishedSources'> => ({
  async readSource(project, jobId) {
    const job = jobOf(state, project, jobId)
    if (!job?.listing) return undefined
    const { source, cursor } = job.listing
    return { source, cursor, sealed: job.sealed, state: job.state }
  },

  async unfinishedSources(idleMs, limit) {
    const now = state.clock.now()
    const found = [...state.jobs.values()]
      .flatMap(({ project, id, listing, sealed, state }) =>
        listing && !sealed && state === 'running' ? [{ project, id, listing }] : [],
      )
      .filter(({ listing }) => listing.touchedAt <= now - idleMs)
      .sort((a, b) => a.listing.touchedAt - b.listing.touchedAt)
      .slice(0, limit)
    for (const { listing } of found) listing.touchedAt = now
    return found.map(({ project, id }) => ({ project, job: id }))
  },
})
