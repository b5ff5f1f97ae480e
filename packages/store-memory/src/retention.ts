import { artifactsOf } from '@fanlight/contracts'
import { jobChanged, type Store } from '@fanlight/ports'
import { uncountItem } from './aggregates.ts'
import { settleJob } from './endings.ts'
import { type Explanation, type Item, type Job, jobOf, keyOf, type State, send } from './state.ts'

type RetentionMethods = Pick<Store, 'referencedArtifacts' | 'collectGarbage' | 'forgetJob' | 'forgetImage'>

export const retentionMethods = (state: State): RetentionMethods => ({
  async referencedArtifacts() {
    const artifacts = new Set<string>()
    for (const { spec, items } of state.jobs.values()) {
      artifacts.add(spec.detector.sha256)
      for (const { image } of items.values()) if (image) artifacts.add(image.sha256)
    }
    for (const { ref } of state.detectors.values()) artifacts.add(ref.sha256)
    for (const { artifact } of state.derivedModels.values()) artifacts.add(artifact)
    for (const explanation of state.explanations.values()) for (const key of keptBy(explanation)) artifacts.add(key)
    return artifacts
  },

  async collectGarbage(olderThanMs) {
    const before = state.clock.now() - olderThanMs
    const old = [...state.jobs.values()].filter(({ endedAt }) => endedAt !== undefined && endedAt <= before)
    let explanations = 0
    for (const job of old) explanations += removeJob(state, job).explanations
    const letters = [...state.letters.values()].filter(({ letter }) => letter.at <= before)
    for (const { letter } of letters) state.letters.delete(letter.id)
    for (const [key, { putAt }] of state.derivedModels) if (putAt <= before) state.derivedModels.delete(key)
    return { jobs: old.length, explanations, deadLetters: letters.length }
  },

  async forgetJob(project, jobId) {
    const job = jobOf(state, project, jobId)
    return job ? removeJob(state, job) : { items: 0, explanations: 0 }
  },

  async forgetImage(project, image) {
    const jobs = [...state.jobs.values()].filter((job) => job.project === project)
    const items = jobs.flatMap((job) => [...job.items.values()].filter((item) => item.image?.sha256 === image))
    const explanations = removeItems(state, items)
    for (const job of new Set(items.map((item) => item.job))) {
      if (settleJob(state, job)) send(state, [jobChanged(project, job.id)])
    }
    return { items: items.length, explanations }
  },
})

function keptBy({ image, result, transcript }: Explanation): string[] {
  return [image.sha256, ...(result ? artifactsOf(result) : []), ...(transcript === undefined ? [] : [transcript])]
}

function removeJob(state: State, job: Job): { items: number; explanations: number } {
  const items = [...job.items.values()]
  const explanations = removeItems(state, items)
  state.jobs.delete(keyOf(job.project, job.id))
  return { items: items.length, explanations }
}

/** @returns how many explanations went with them because no other item shares them */
function removeItems(state: State, items: readonly Item[]): number {
  let explanations = 0
  for (const item of items) {
    uncountItem(item)
    item.job.items.delete(item.id)
    for (const explanation of item.links.keys()) {
      explanation.items.delete(item)
      if (explanation.items.size > 0) continue
      state.explanations.delete(keyOf(explanation.project, explanation.id))
      removeLettersOf(state, explanation)
      explanations += 1
    }
  }
  return explanations
}

function removeLettersOf({ letters }: State, { project, id }: Explanation): void {
  for (const { letter, shard } of letters.values())
    if (shard?.project === project && shard.explanation === id) letters.delete(letter.id)
}
