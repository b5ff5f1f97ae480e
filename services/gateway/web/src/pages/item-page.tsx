import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import {
  type ExplanationView,
  explanationsQuery,
  type ItemView,
  itemQuery,
  type JobSummary,
  jobQuery,
  mapQuery,
} from '../api.ts'
import { type ItemSearch, itemSearch, methodKeys, type SearchChange } from '../item-search.ts'
import { largest } from '../map.ts'
import { CommandBlock } from '../parts/command-block.tsx'
import { Controls } from '../parts/controls.tsx'
import { Legend } from '../parts/legend.tsx'
import { MapTable } from '../parts/map-table.tsx'
import { MapView } from '../parts/map-view.tsx'
import { Name } from '../parts/name.tsx'
import { Neighbours } from '../parts/neighbours.tsx'
import { Numbers } from '../parts/numbers.tsx'
import { PhotoView } from '../parts/photo-view.tsx'
import { Loaded } from '../parts/problem.tsx'
import { Provenance } from '../parts/provenance.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { TargetList } from '../parts/target-list.tsx'
import { useResting } from '../resting.ts'
import { useTargetKeys } from '../target-keys.ts'
import { useTitle } from '../title.ts'
import { percent, plural, visible } from '../words.ts'

export { itemSearch }

const route = getRouteApi('/jobs/$job/items/$item')

export function ItemPage() {
  const params = route.useParams()
  const job = useQuery(jobQuery(params.job))
  const item = useQuery(itemQuery(params.job, params.item))
  const explanations = useQuery(explanationsQuery(params.job, params.item))
  useTitle(item.data?.name, job.data?.name)
  return (
    <div className="page page-wide">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/" activeOptions={{ exact: true }}>
          Jobs
        </Link>{' '}
        <span aria-hidden="true">/</span>{' '}
        <Link to="/jobs/$job" params={{ job: params.job }} activeOptions={{ exact: true }}>
          <Name>{job.data?.name ?? params.job}</Name>
        </Link>
      </nav>
      <Loaded query={job}>
        {(job) => (
          <Loaded query={item}>
            {(item) => (
              <>
                <div className="row">
                  <h1>
                    <Name>{item.name}</Name>
                  </h1>
                  {item.state !== 'done' && <StateBadge state={item.state} />}
                  <Neighbours job={job.id} item={item.id} />
                </div>
                <Loaded query={explanations}>
                  {({ explanations }) => <Explained job={job} item={item} explanations={explanations} />}
                </Loaded>
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </div>
  )
}

interface ExplainedProps {
  readonly job: JobSummary
  readonly item: ItemView
  readonly explanations: readonly ExplanationView[]
}

/** The photo with the map of one target by one method; or why there is none. */
function Explained({ job, item, explanations }: ExplainedProps) {
  const { method } = route.useSearch()
  const keys = methodKeys(explanations)
  const first = explanations.findIndex(({ result }) => result)
  const chosen = method !== undefined && keys.includes(method) ? keys.indexOf(method) : Math.max(first, 0)
  const explanation = explanations[chosen]
  const attributions = explanation?.result?.attributions ?? []
  const methods = keys.length > 1 ? <Methods keys={keys} current={keys[chosen]} explanations={explanations} /> : null
  if (!explanation?.result || attributions.length === 0) {
    return (
      <div className="plain">
        {methods}
        <Unexplained job={job} item={item} explanation={explanation} />
        <PhotoView job={job.id} item={item} />
      </div>
    )
  }
  return (
    <Attributions key={explanation.explanation} job={job} item={item} explanation={explanation} methods={methods} />
  )
}

function Methods({
  keys,
  current,
  explanations,
}: {
  keys: string[]
  current: string | undefined
  explanations: readonly ExplanationView[]
}) {
  return (
    <nav aria-label="Method" className="filters">
      {keys.map((key, at) => (
        <Link
          key={key}
          from="/jobs/$job/items/$item"
          to="."
          search={(search: ItemSearch) => ({ ...search, method: key })}
          replace
          activeOptions={{ exact: true }}
          aria-current={key === current ? 'true' : undefined}
        >
          {visible(key)}
          {explanations[at]?.state === 'failed' && ' (failed)'}
          {explanations[at]?.state === 'open' && ' …'}
        </Link>
      ))}
    </nav>
  )
}

function Unexplained({
  job,
  item,
  explanation,
}: {
  job: JobSummary
  item: ItemView
  explanation: ExplanationView | undefined
}) {
  const failure = explanation?.failure ?? item.failure
  if (failure) {
    return (
      <div className="card bad" role="status">
        <h2>{failure.code}</h2>
        <p>{visible(failure.message)}</p>
      </div>
    )
  }
  if (explanation?.result) {
    return (
      <p className="card" role="status">
        The detector found nothing here with a score of at least {percent(job.spec.policy.minScore)}, so there is
        nothing to explain. Lower --min-score to look at weaker detections.
      </p>
    )
  }
  return (
    <p className="card" role="status">
      {item.state === 'open'
        ? 'Being explained; the map shows here as soon as it is there.'
        : 'Waiting to be explained.'}
      {job.state === 'paused' && ' The job is paused.'}
    </p>
  )
}

interface AttributionsProps {
  readonly job: JobSummary
  readonly item: ItemView
  readonly explanation: ExplanationView
  readonly methods: React.ReactNode
}

function Attributions({ job, item, explanation, methods }: AttributionsProps) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: SearchChange) =>
    navigate({ search: (before) => itemSearch({ ...before, ...next }), replace: true })
  const [hovered, setHovered] = useState<number>()
  const result = explanation.result!
  const { attributions, width, height } = result
  const current = Math.min(Math.max(search.t ?? 1, 1), attributions.length) - 1
  const shown = hovered ?? current
  const attribution = attributions[shown]!
  const maps = useQueries({ queries: attributions.map(({ map }) => mapQuery(map.sha256)) })
  const signed = search.signed ?? false
  const map = maps[shown]?.data
  const compared = search.scale === 'map' ? [map] : maps.map(({ data }) => data)
  const most = Math.max(0, ...compared.map((map) => (map ? largest(map, signed) : 0)))
  const [alpha, setAlpha] = useResting(search.alpha ?? 0.6, (alpha) => change({ alpha }))
  const colouring = { most, opacity: alpha, signed }
  useTargetKeys(current, attributions.length, (t) => change({ t: t + 1 }))
  return (
    <div className="explained">
      <div className="explained-photo">
        {methods}
        <Loaded query={maps[shown] ?? { data: undefined, error: null, refetch: () => undefined }}>
          {(map) => (
            <MapView
              photo={{ job: job.id, item: item.id, width, height }}
              map={map}
              colouring={colouring}
              contours={search.contours ?? false}
              grey={!search.colour}
              targets={attributions.map(({ target }) => target)}
              shown={shown}
              onChoose={(at) => change({ t: at + 1 })}
            />
          )}
        </Loaded>
        {map && (
          <Legend
            colouring={colouring}
            map={map}
            shared={search.scale !== 'map' && attributions.length > 1}
            contours={search.contours ?? false}
            measured={attribution.forwards > 0}
          />
        )}
        <Controls search={search} change={change} alpha={alpha} setAlpha={setAlpha} several={attributions.length > 1} />
      </div>
      <div className="explained-side">
        <section aria-labelledby="targets">
          <h2 id="targets">{plural(attributions.length, 'target')}</h2>
          <TargetList attributions={attributions} current={current} onHover={setHovered} />
          {result.targetsCut > 0 && (
            <p className="quiet">
              {plural(result.targetsCut, 'weaker detection')} not explained: raise --max-targets (
              {job.spec.policy.maxTargets}).
            </p>
          )}
        </section>
        <Numbers attribution={attribution} />
        <CommandBlock command={explanation.command} />
        {map && <MapTable map={map} />}
        <Provenance job={job} item={item} explanation={explanation} attribution={attribution} />
      </div>
    </div>
  )
}
