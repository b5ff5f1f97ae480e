import type { ItemExplanation, ItemRow, Store } from '@fanlight/ports'

/** A photo of a job with all that is known of it. */
export interface PhotoResult {
  readonly item: ItemRow
  /** In the job's order of methods. */
  readonly explanations: readonly ItemExplanation[]
}

/** The photos of a job, by name. */
export async function* photoResults(store: Store, project: string, job: string): AsyncGenerator<PhotoResult> {
  let after: string | undefined
  do {
    const page = await store.listItems(project, job, { limit: 200, after })
    for (const item of page.rows) yield { item, explanations: await store.listExplanations(project, job, item.id) }
    after = page.next
  } while (after !== undefined)
}
