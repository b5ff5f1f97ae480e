import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ExplanationView, explanationsQuery, type ItemView, itemQuery, type JobSummary, jobQuery } from '../api.ts'
import { detectionsOf } from '../detections.ts'
import { methodKeys } from '../item-search.ts'
import { Attributions } from '../parts/attributions.tsx'
import { MethodSwitch } from '../parts/method-switch.tsx'
import { Name } from '../parts/name.tsx'
import { Neighbours } from '../parts/neighbours.tsx'
import { PhotoView } from '../parts/photo-view.tsx'
import { Loaded } from '../parts/problem.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { useTitle } from '../title.ts'
import { percent, visible } from '../words.ts'

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
  const methods =
    keys.length > 1 ? <MethodSwitch keys={keys} current={keys[chosen]} explanations={explanations} /> : null
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
    <Attributions
      key={explanation.explanation}
      job={job}
      item={item}
      explanation={explanation}
      comparable={comparable(explanations)}
      methods={methods}
    />
  )
}

/** Whether a detection has more than one map. */
const comparable = (explanations: readonly ExplanationView[]) =>
  detectionsOf(explanations).some(({ maps }) => maps.length > 1)

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
