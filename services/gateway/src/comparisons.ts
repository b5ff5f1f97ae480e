import type { JobSummary } from '@fanlight/contracts'
import { type Comparison, comparing, evaluatedJob, leastClusters } from '@fanlight/evaluate'
import type { Store } from '@fanlight/ports'
import { LRUCache } from 'lru-cache'

/** A photo may hold megabytes of curves, and all of them are drawn again a thousand times. */
const MAX_PHOTOS = 200

export type JobComparison = Comparison & { readonly leastPhotos: number; readonly photosLeftOut: number }

/** Compares the methods that a job measures. One that has not moved on is compared once. */
export function comparisons({ store, project }: { store: Store; project: string }) {
  const known = new LRUCache<string, Promise<JobComparison>>({ max: 20 })
  return {
    async of(job: JobSummary, reference: string | undefined): Promise<JobComparison> {
      const { done, failed } = job.items
      const key = JSON.stringify([job.id, job.state, done, failed, reference ?? null])
      const made = known.get(key) ?? compare({ store, project }, job, reference)
      known.set(key, made)
      // What failed is tried again when somebody asks again.
      made.catch(() => known.delete(key))
      return made
    },
  }
}

async function compare(
  { store, project }: { store: Store; project: string },
  job: JobSummary,
  reference: string | undefined,
): Promise<JobComparison> {
  const evaluated = evaluatedJob(job.spec.methods)
  const compared = comparing(evaluated.methods, { reference, seed: job.spec.seed })
  const total = Object.values(job.items).reduce((sum, count) => sum + count, 0)
  const { rows } = await store.listItems(project, job.id, { limit: MAX_PHOTOS, after: undefined })
  if (evaluated.methods.length > 0) {
    for (const { id, image } of rows) {
      const explanations = await store.listExplanations(project, job.id, id)
      if (!image) continue
      for (const target of evaluated.targetsOf({ photo: image.sha256, explanations })) compared.add(target)
    }
  }
  const comparison = compared.result()
  return {
    ...comparison,
    leastPhotos: leastClusters(Math.max(...comparison.levels)),
    photosLeftOut: Math.max(0, total - rows.length),
  }
}
