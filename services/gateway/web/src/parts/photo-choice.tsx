import { Button, Code } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { itemsQuery, jobsQuery, type NetworkView } from '../api.ts'
import { type ModelSearch, modelSearch } from '../model-search.ts'
import { plural, visible } from '../words.ts'
import { Name } from './name.tsx'
import { Loaded } from './problem.tsx'
import { Thumbnail } from './thumbnail.tsx'

/** Jobs whose photos the detector has read. */
export function JobChoice({ network }: { network: NetworkView }) {
  const query = useInfiniteQuery(jobsQuery)
  return (
    <section aria-labelledby="choice" className="card empty">
      <h2 id="choice">Which photos?</h2>
      <Loaded query={query}>
        {({ pages }) => {
          const jobs = pages.flatMap((page) => page.jobs).filter(({ spec }) => spec.detector.id === network.id)
          if (jobs.length === 0 && !query.hasNextPage) return <NoJobs />
          return (
            <ul className="choices">
              {jobs.map((job) => (
                <li key={job.id}>
                  <Link
                    from="/models/$id"
                    to="."
                    search={(search: ModelSearch) => modelSearch({ ...search, job: job.id })}
                  >
                    <Name>{job.name}</Name>
                  </Link>{' '}
                  <span className="quiet">{plural(job.items.done, 'photo')} explained</span>
                </li>
              ))}
            </ul>
          )
        }}
      </Loaded>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Look through older jobs
        </Button>
      )}
    </section>
  )
}

function NoJobs() {
  return (
    <>
      <p>No job has shown this detector a photo yet. Explain some with it, and come back:</p>
      <p>
        <Code>npx fanlight explain photos/ --model detector.onnx</Code>
      </p>
    </>
  )
}

/** Photos of a job, to choose one. */
export function PhotoChoice({ job }: { job: string }) {
  const query = useInfiniteQuery(itemsQuery(job, { limit: 24 }))
  return (
    <section aria-labelledby="choice">
      <h2 id="choice">Which photo?</h2>
      <Loaded query={query}>
        {({ pages }) => (
          <ul className="photo-choices">
            {pages
              .flatMap(({ items }) => items)
              .filter(({ image }) => image)
              .map((item) => (
                <li key={item.id}>
                  <Link
                    from="/models/$id"
                    to="."
                    search={(search: ModelSearch) => modelSearch({ ...search, item: item.id })}
                    aria-label={visible(item.name)}
                  >
                    <Thumbnail job={job} item={item} />
                  </Link>
                </li>
              ))}
          </ul>
        )}
      </Loaded>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          More photos
        </Button>
      )}
    </section>
  )
}

/** Back to choosing. */
export function OtherChoice({ without, children }: { without: readonly (keyof ModelSearch)[]; children: string }) {
  return (
    <Link
      from="/models/$id"
      to="."
      search={(search: ModelSearch) =>
        modelSearch(Object.fromEntries(Object.entries(search).filter(([name]) => !without.some((one) => one === name))))
      }
    >
      {children}
    </Link>
  )
}
