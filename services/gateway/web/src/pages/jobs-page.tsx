import { methodTitle } from '@fanlight/insight/method-title'
import { Button, Code } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { itemsQuery, type JobSummary, jobsQuery } from '../api.ts'
import { Name } from '../parts/name.tsx'
import { Loaded } from '../parts/problem.tsx'
import { ProgressBar, totalOf } from '../parts/progress-bar.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Thumbnail } from '../parts/thumbnail.tsx'
import { useTitle } from '../title.ts'
import { ago, plural, visible, whole } from '../words.ts'

export function JobsPage() {
  useTitle('Jobs')
  const query = useInfiniteQuery({
    ...jobsQuery,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ jobs }) => jobs.some(moves)) ? 2000 : 10_000),
  })
  return (
    <div className="page">
      <h1>Jobs</h1>
      <Loaded query={query}>
        {({ pages }) => {
          const jobs = pages.flatMap((page) => page.jobs)
          return jobs.length === 0 ? <NoJobs /> : jobs.map((job) => <JobCard key={job.id} job={job} />)
        }}
      </Loaded>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Older jobs
        </Button>
      )}
    </div>
  )
}

const moves = ({ state }: JobSummary) => state === 'running'

function NoJobs() {
  return (
    <section className="card empty">
      <h2>Nothing has been explained yet</h2>
      <p>Explain a sample with the detector that comes along:</p>
      <Code block>npx fanlight</Code>
      <p>Or your own photos with your own detector:</p>
      <Code block>npx fanlight explain photos/ --model detector.onnx</Code>
      <p>The job then shows here by itself.</p>
    </section>
  )
}

function JobCard({ job }: { job: JobSummary }) {
  const { items, spec } = job
  const total = totalOf(job)
  return (
    <article className="card job-card">
      <div className="job-card-text">
        <div className="row">
          <h2>
            <Link to="/jobs/$job" params={{ job: job.id }}>
              <Name>{job.name}</Name>
            </Link>
          </h2>
          <StateBadge state={job.state} />
        </div>
        <p className="quiet">
          <Name>{spec.detector.name}</Name> · {visible(spec.methods.map(methodTitle).join(', '))} ·{' '}
          {ago(job.createdAt, Date.now())}
        </p>
        <ProgressBar job={job} />
        <p className="facts">
          <span>
            <strong>{whole(items.done + items.failed)}</strong> of {plural(total, 'photo')}
          </span>
          <span>
            <strong>{whole(job.targets)}</strong> {job.targets === 1 ? 'target' : 'targets'}
          </span>
          {items.failed > 0 && <span className="bad">{whole(items.failed)} failed</span>}
          {job.itemsWithoutTargets > 0 && <span>{whole(job.itemsWithoutTargets)} without detections</span>}
        </p>
      </div>
      <Sample job={job} />
    </article>
  )
}

const SAMPLE = 6

function Sample({ job }: { job: JobSummary }) {
  const { data } = useInfiniteQuery({
    ...itemsQuery(job.id, { limit: SAMPLE }),
    refetchInterval: moves(job) ? 5000 : false,
  })
  const items = data?.pages[0]?.items.filter(({ image }) => image) ?? []
  return (
    <ul className="sample" aria-label="Some of its photos">
      {items.map((item) => (
        <li key={item.id}>
          <Link to="/jobs/$job/items/$item" params={{ job: job.id, item: item.id }} aria-label={visible(item.name)}>
            <Thumbnail job={job.id} item={item} />
          </Link>
        </li>
      ))}
    </ul>
  )
}
