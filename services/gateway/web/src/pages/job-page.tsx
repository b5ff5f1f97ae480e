import { Alert, Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ItemState, type ItemView, itemsQuery, type JobSummary, jobQuery } from '../api.ts'
import { useLiveJob } from '../live-job.ts'
import { Classes } from '../parts/classes.tsx'
import { JobActions } from '../parts/job-actions.tsx'
import { JobFacts, JobSetting } from '../parts/job-facts.tsx'
import { Name } from '../parts/name.tsx'
import { Loaded } from '../parts/problem.tsx'
import { ProgressBar } from '../parts/progress-bar.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Thumbnail } from '../parts/thumbnail.tsx'
import { useTitle } from '../title.ts'
import { percent, plural, tally, visible, whole } from '../words.ts'

const STATES = ['done', 'failed', 'open', 'waiting', 'cancelled'] as const satisfies readonly ItemState[]

/** The job page's state in its address. */
export function jobSearch(search: Record<string, unknown>): { state?: ItemState } {
  const state = STATES.find((state) => state === search.state)
  return state ? { state } : {}
}

const route = getRouteApi('/jobs/$job')

export function JobPage() {
  const { job } = route.useParams()
  const query = useQuery(jobQuery(job))
  const { rate } = useLiveJob(job, query.data?.state)
  useTitle(query.data?.name)
  return (
    <div className="page">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/" activeOptions={{ exact: true }}>
          Jobs
        </Link>
      </nav>
      <Loaded query={query}>
        {(summary) => (
          <>
            <div className="row">
              <h1>
                <Name>{summary.name}</Name>
              </h1>
              <StateBadge state={summary.state} />
              <JobActions job={summary} />
            </div>
            <ProgressBar job={summary} />
            <JobFacts job={summary} rate={rate} />
            <JobSetting spec={summary.spec} id={summary.id} />
            {summary.spec.methods.some(({ name }) => name === 'evaluate') && (
              <p>
                <Link to="/jobs/$job/compare" params={{ job }}>
                  Its methods compared
                </Link>
                : tables and curves of what was measured
              </p>
            )}
            <Classes job={summary} />
            <Photos job={summary} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function Photos({ job }: { job: JobSummary }) {
  const { state } = route.useSearch()
  const query = useInfiniteQuery(itemsQuery(job.id, { state }))
  return (
    <section aria-labelledby="photos">
      <div className="row">
        <h2 id="photos">Photos</h2>
        <nav aria-label="Which photos" className="filters">
          <Filter state={undefined} current={state} text="all" />
          {STATES.filter((one) => job.items[one] > 0 || one === state).map((one) => (
            <Filter
              key={one}
              state={one}
              current={state}
              text={`${one === 'open' ? 'being explained' : one} ${whole(job.items[one])}`}
            />
          ))}
        </nav>
      </div>
      {job.state === 'done' && job.targets === 0 && job.items.done > 0 && (
        <Alert color="gray" title="The detector found nothing to explain">
          None of these photos has a detection with a score of at least {percent(job.spec.policy.minScore)}. Lower it
          with --min-score, or try another detector.
        </Alert>
      )}
      <Loaded query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          if (items.length === 0 && !query.hasNextPage) return <p className="quiet">No photo is in this state.</p>
          return (
            <ul className="grid">
              {items.map((item) => (
                <PhotoCard key={item.id} job={job} item={item} />
              ))}
            </ul>
          )
        }}
      </Loaded>
      {query.hasNextPage && (
        <p className="more">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            More photos
          </Button>
        </p>
      )}
    </section>
  )
}

function Filter({
  state,
  current,
  text,
}: {
  state: ItemState | undefined
  current: ItemState | undefined
  text: string
}) {
  return (
    <Link
      from="/jobs/$job"
      to="."
      search={state ? { state } : {}}
      replace
      activeOptions={{ exact: true }}
      aria-current={state === current ? 'true' : undefined}
    >
      {text}
    </Link>
  )
}

function PhotoCard({ job, item }: { job: JobSummary; item: ItemView }) {
  return (
    <li className="card photo-card">
      <Link to="/jobs/$job/items/$item" params={{ job: job.id, item: item.id }}>
        <Thumbnail job={job.id} item={item} />
        <PhotoName name={item.name} />
      </Link>
      <PhotoState job={job} item={item} />
    </li>
  )
}

/** The file's name first: in a folder all names begin alike. */
function PhotoName({ name }: { name: string }) {
  const cut = name.lastIndexOf('/') + 1
  return (
    <span className="photo-name">
      <Name>{name.slice(cut)}</Name>
      {cut > 0 && <Name className="photo-folder">{name.slice(0, cut)}</Name>}
    </span>
  )
}

function PhotoState({ job, item }: { job: JobSummary; item: ItemView }) {
  const { state, failure, found } = item
  if (state === 'failed') {
    return (
      <p className="bad photo-failure">
        <strong>{failure?.code ?? 'failed'}</strong> {visible(failure?.message ?? '')}
      </p>
    )
  }
  if (!found) return <StateBadge state={state} />
  if (found.targets.length === 0)
    return <p className="quiet">no detections of {percent(job.spec.policy.minScore)} or more</p>
  return (
    <p className="quiet">
      <strong>{plural(found.targets.length, 'target')}</strong>{' '}
      <bdi>{tally(found.targets.map(({ label }) => label))}</bdi>
    </p>
  )
}
