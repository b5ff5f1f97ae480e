import type { AttributionRecord, JobSummary } from '@fanlight/contracts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { ComparisonView } from '../../src/comparison-view.ts'
import type { ActivationsReply, ChannelsReply, DreamReply, LookProgressView } from '../../src/inside-views.ts'
import type { KernelsView, NetworkView } from '../../src/network-views.ts'
import type { AggregateList, ExplanationList, ItemList, ItemView, JobList } from '../../src/views.ts'
import { decodeMap } from './map.ts'

export type { Failure, ItemState, JobState, JobSummary, MethodSpec, Target } from '@fanlight/contracts'
export type { ComparisonView } from '../../src/comparison-view.ts'
export type { ActivationFunctionView, ActivationsReply, ChannelsReply, DreamReply } from '../../src/inside-views.ts'
export type { KernelsView, LayerView, LayerWeightsView, NetworkView } from '../../src/network-views.ts'
export type { AggregateView, ExplanationView, ItemView, JobProgress } from '../../src/views.ts'

/** A problem+json answer as an exception. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(path, init)
  if (response.ok) return response
  const problem = await response.json().catch(() => undefined)
  throw new ApiError(response.status, problem?.detail ?? `${response.status} ${response.statusText}`)
}

const json = async <T>(path: string): Promise<T> => (await request(path)).json()

const at = (...parts: string[]) => `/v1/${parts.map(encodeURIComponent).join('/')}`

export const jobsQuery = infiniteQueryOptions({
  queryKey: ['jobs'],
  queryFn: ({ pageParam }) => json<JobList>(`/v1/jobs?limit=10${pageParam ? `&cursor=${pageParam}` : ''}`),
  initialPageParam: '',
  getNextPageParam: ({ next }) => next,
})

export const jobQuery = (job: string) =>
  queryOptions({ queryKey: ['job', job], queryFn: () => json<JobSummary>(at('jobs', job)) })

export const aggregatesQuery = (job: string) =>
  queryOptions({ queryKey: ['aggregates', job], queryFn: () => json<AggregateList>(at('jobs', job, 'aggregates')) })

export const comparisonQuery = (job: string, reference: string | undefined) =>
  queryOptions({
    queryKey: ['comparison', job, reference],
    queryFn: () =>
      json<ComparisonView>(
        `${at('jobs', job, 'comparison')}${reference === undefined ? '' : `?${new URLSearchParams({ reference })}`}`,
      ),
    // Another reference: the old table stays until the new one is there.
    placeholderData: (before: ComparisonView | undefined) => before,
  })

export const itemsQuery = (job: string, { state, limit = 60 }: { state?: string | undefined; limit?: number }) =>
  infiniteQueryOptions({
    queryKey: ['items', job, state ?? 'all', limit],
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(state && { state }),
        ...(pageParam && { cursor: pageParam }),
      })
      return json<ItemList>(`${at('jobs', job, 'items')}?${query}`)
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  })

const hasEnded = ({ state }: ItemView) => state !== 'waiting' && state !== 'open'

export const itemQuery = (job: string, item: string) =>
  queryOptions({
    queryKey: ['item', job, item],
    queryFn: () => json<ItemView>(at('jobs', job, 'items', item)),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : 2000),
  })

export const explanationsQuery = (job: string, item: string) =>
  queryOptions({
    queryKey: ['explanations', job, item],
    queryFn: () => json<ExplanationList>(at('jobs', job, 'items', item, 'explanations')),
    refetchInterval: ({ state }) =>
      state.data?.explanations.every((explanation) => explanation.state !== 'open') &&
      state.data.explanations.length > 0
        ? false
        : 2000,
  })

export const mapUrl = (sha256: string) => at('maps', sha256)

export const mapQuery = (sha256: string) =>
  queryOptions({
    queryKey: ['map', sha256],
    queryFn: async () => decodeMap(await (await request(mapUrl(sha256))).arrayBuffer()),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Of a map that has intervals; otherwise there is nothing to ask for. */
export const intervalQueries = (interval: AttributionRecord['interval']) =>
  interval ? [mapQuery(interval.map.sha256)] : []

export const photoUrl = (job: string, item: string, side: 320 | 640 | 1280 | 2048) =>
  `${at('jobs', job, 'items', item, 'image')}?side=${side}`

export const networkQuery = (detector: string) =>
  queryOptions({
    queryKey: ['network', detector],
    queryFn: () => json<NetworkView>(at('detectors', detector, 'network')),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const kernelsUrl = (detector: string, layer: string, scale: 'layer' | 'filter', format: 'png' | 'json') =>
  `${at('detectors', detector, 'kernels')}?${new URLSearchParams({ layer, scale, format })}`

export const kernelsQuery = (detector: string, layer: string, scale: 'layer' | 'filter') =>
  queryOptions({
    queryKey: ['kernels', detector, layer, scale],
    queryFn: () => json<KernelsView>(kernelsUrl(detector, layer, scale, 'json')),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What was seen in a network, or how far the look has come. */
export type Look<View> =
  | { readonly view: View; readonly progress?: undefined }
  | { readonly view?: undefined; readonly progress: LookProgressView }

/** Shorter than the pictures of a look are kept. */
const LOOK_MS = 300_000

/** A look takes seconds to minutes: it is asked for until it has ended, and given up when nobody asks. */
function lookQuery<View>(kind: string, detector: string, asked: Readonly<Record<string, string | number | undefined>>) {
  const given = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const path = `${at('detectors', detector, kind)}?${new URLSearchParams(given)}`
  return queryOptions({
    queryKey: ['look', path],
    queryFn: async ({ signal }): Promise<Look<View>> => {
      const response = await request(path, { signal, headers: { prefer: 'wait=1' } })
      return response.status === 202 ? { progress: await response.json() } : { view: await response.json() }
    },
    refetchInterval: ({ state }) => (state.data?.progress && state.status !== 'error' ? 50 : false),
    refetchIntervalInBackground: true,
    staleTime: LOOK_MS,
    gcTime: LOOK_MS,
  })
}

export const activationsQuery = (
  detector: string,
  asked: {
    readonly job: string
    readonly item: string
    readonly target: string | undefined
    readonly detection: number | undefined
    readonly layer: string | undefined
  },
) => lookQuery<ActivationsReply>('activations', detector, asked)

export const channelsQuery = (
  detector: string,
  asked: { readonly job: string; readonly photos: number; readonly layer: string | undefined },
) => lookQuery<ChannelsReply>('channels', detector, asked)

export const dreamQuery = (
  detector: string,
  asked: {
    readonly class: number | undefined
    readonly layer: string | undefined
    readonly channel: number | undefined
    readonly seed: number
  },
) => lookQuery<DreamReply>('dream', detector, asked)

/** A picture that a look names. */
export const pictureUrl = (name: string) => at('pictures', name)

export const eventsUrl = (job: string) => at('jobs', job, 'events')

export async function changeJob(job: string, change: 'pause' | 'resume' | 'cancel'): Promise<void> {
  await request(at('jobs', job, change), { method: 'POST' })
}
