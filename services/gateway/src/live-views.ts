import type { AttributionRecord, JobSummary, MapRef } from '@fanlight/contracts'
import { methodNamed } from '@fanlight/explain'
import type { ItemExplanation, ItemRow } from '@fanlight/ports'
import type { LiveExplanation, LiveView } from './live-schema.ts'
import type { Problem } from './problem.ts'

export interface Live {
  readonly job: JobSummary
  /** Absent when whoever asked died before it was there. */
  readonly item: ItemRow | undefined
  readonly explanations: readonly ItemExplanation[]
}

export const addressOf = (id: string): string => `/v1/explanations/${id}`

export const hasEnded = ({ state }: LiveView): boolean => state !== 'waiting' && state !== 'running'

export interface Showing {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether overlays are to be had. */
  readonly draws: boolean
}

/** What is told of an explanation that somebody waits for. */
export function liveView({ job, item, explanations }: Live, { now, draws }: Showing): LiveView {
  const { id, createdAt, deadlineAt, spec } = job
  const state = stateOf(job, item)
  const photo = item?.image ? `/v1/jobs/${id}/items/${item.id}/image` : null
  return {
    id,
    state,
    createdAt,
    deadlineAt: deadlineAt ?? null,
    detector: { id: spec.detector.id, name: spec.detector.name },
    image: item?.image ? { sha256: item.image.sha256, bytes: item.image.bytes, name: item.name } : null,
    progress: {
      answered: job.openForwards.answered + job.endedForwards,
      asked: job.openForwards.asked + job.endedForwards,
      expected: spec.methods.reduce((sum, { name, params }) => sum + methodNamed(name).cost(params), 0),
    },
    explanations: explanations.map((explanation) => explanationView(id, explanation, draws)),
    failure: item?.failure ?? null,
    problem: state === 'cancelled' ? cancelled(job, now) : null,
    links: {
      self: addressOf(id),
      job: `/v1/jobs/${id}`,
      photo,
      page: item ? `/jobs/${id}/items/${item.id}` : null,
    },
  }
}

function stateOf(job: JobSummary, item: ItemRow | undefined): LiveView['state'] {
  if (job.state === 'cancelled') return item?.state === 'done' || item?.state === 'failed' ? item.state : 'cancelled'
  if (!item) return 'waiting'
  return item.state === 'open' ? 'running' : item.state
}

/** The store does not keep who cancelled: after the deadline it is told as the reason. */
function cancelled({ id, deadlineAt }: JobSummary, now: number): Problem {
  const instance = addressOf(id)
  if (deadlineAt === undefined || deadlineAt > now) {
    const detail = 'It was cancelled before it was done: ask again, with another Idempotency-Key if it had one'
    return { type: 'about:blank', title: 'Cancelled', status: 410, detail, instance }
  }
  const at = new Date(deadlineAt).toISOString()
  const detail = `The deadline passed (${at}) before it was done: ask again with a later one, or for fewer forwards`
  return { type: 'about:blank', title: 'The deadline passed', status: 504, detail, instance }
}

function explanationView(id: string, row: ItemExplanation, draws: boolean): LiveExplanation {
  const { explanation, method, state, result, failure, durationMs } = row
  return {
    explanation,
    method,
    state,
    failure: failure ?? null,
    durationMs: durationMs ?? null,
    result: result
      ? {
          width: result.width,
          height: result.height,
          forwards: result.forwards,
          executionClass: result.executionClass,
          targetsCut: result.targetsCut,
          targets: result.attributions.map((record, at) => {
            const overlay = draws ? `${addressOf(id)}/overlays/${explanation}/${at + 1}` : null
            return targetView(record, overlay)
          }),
          transcript: {
            sha256: result.transcript,
            href: `${addressOf(id)}/transcripts/${result.transcript}`,
          },
        }
      : null,
  }
}

function targetView({ target, map, interval, ...numbers }: AttributionRecord, overlay: string | null) {
  const npy = ({ sha256 }: MapRef) => `/v1/maps/${sha256}`
  return {
    ...target,
    ...numbers,
    map: { ...map, npy: npy(map), overlay },
    ...(interval && { interval: { ...interval, map: { ...interval.map, npy: npy(interval.map) } } }),
  }
}
