import { metricGroups, metricsInWords } from '@fanlight/evaluate/words'
import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ComparisonView, comparisonQuery, jobQuery } from '../api.ts'
import { ComparisonCurves } from '../parts/comparison-curves.tsx'
import { ComparisonTable } from '../parts/comparison-table.tsx'
import { Name } from '../parts/name.tsx'
import { Loaded } from '../parts/problem.tsx'
import { useTitle } from '../title.ts'
import { plural } from '../words.ts'

const SIZES = ['all', 'small', 'medium', 'large'] as const
type Size = (typeof SIZES)[number]

interface ComparisonSearch {
  /** Key of the method that others are compared with. @default the first */
  reference?: string
  /** Of the objects. @default all */
  size?: Exclude<Size, 'all'>
}

export function comparisonSearch({ reference, size }: Record<string, unknown>): ComparisonSearch {
  const known = SIZES.find((each) => each === size)
  return {
    ...(typeof reference === 'string' && { reference: reference.slice(0, 200) }),
    ...(known && known !== 'all' && { size: known }),
  }
}

const route = getRouteApi('/jobs/$job/compare')

/** The methods that a job evaluates, side by side. */
export function ComparisonPage() {
  const { job } = route.useParams()
  const { reference } = route.useSearch()
  const summary = useQuery(jobQuery(job))
  const query = useQuery(comparisonQuery(job, reference))
  useTitle('Methods compared', summary.data?.name)
  return (
    <div className="page page-wide">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/jobs/$job" params={{ job }} activeOptions={{ exact: true }}>
          <Name>{summary.data?.name ?? 'Job'}</Name>
        </Link>
      </nav>
      <h1>Methods compared</h1>
      <Loaded query={query}>{(comparison) => <Compared comparison={comparison} />}</Loaded>
    </div>
  )
}

function Compared({ comparison }: { comparison: ComparisonView }) {
  const { size = 'all' } = route.useSearch()
  const { photos, targets, methods } = comparison
  if (methods.length === 0) {
    return (
      <Alert color="gray" title="This job evaluates no method">
        Its maps were made, not measured. “fanlight evaluate DETECTOR PHOTOS” measures methods side by side.
      </Alert>
    )
  }
  const shown = comparison.metrics.filter((each) => each.size === size)
  return (
    <>
      <p>
        {plural(targets, 'target')} of {plural(photos, 'photo')}. How well each map says what the detector looks at:
        measured by asking it again with parts of the photo hidden.
      </p>
      <Cautions comparison={comparison} />
      <Sizes comparison={comparison} size={size} />
      <p className="quiet">
        Each cell: the mean over targets, ★ where it is the best; below it the difference to the reference over the
        targets that both have, with its 95 % interval. In the bar the thick line holds 90 %, the thin one 95 %, the
        tick is no difference. Where the 95 % interval leaves out 0 stand ▲ better, ▼ worse, or ≠ other.
      </p>
      {metricGroups.map(({ title, meaning, metrics }) => {
        const group = metrics.flatMap((wanted) => shown.filter(({ metric }) => metric === wanted))
        if (group.length === 0) return null
        return (
          <section key={title} aria-label={title} className="metric-group">
            <h2>{title}</h2>
            <p>{meaning}</p>
            <ComparisonTable comparison={comparison} metrics={group} caption={title} />
            <MetricWords metrics={[...new Set(group.map(({ metric }) => metric))]} />
          </section>
        )
      })}
      {size === 'all' && <ComparisonCurves comparison={comparison} />}
    </>
  )
}

function Cautions({ comparison }: { comparison: ComparisonView }) {
  const { photos, targets, methods, leastPhotos, photosLeftOut } = comparison
  const mapless = methods.filter((method) => method.targets < targets)
  const cautions = [
    targets === 0 ? 'No target is measured yet.' : '',
    photos > 0 && photos < leastPhotos
      ? `${plural(photos, 'photo')} cannot tell how photos differ: there are no intervals below ${leastPhotos} of them.`
      : '',
    mapless.length > 0
      ? `Not every target has a map of ${mapless.map(({ name }) => name).join(', ')}: compare by the differences.`
      : '',
    photosLeftOut > 0
      ? `${plural(photosLeftOut, 'photo')} of this job ${photosLeftOut === 1 ? 'is' : 'are'} left out here; “fanlight evaluate” compares all.`
      : '',
  ].filter((caution) => caution !== '')
  if (cautions.length === 0) return null
  return (
    <Alert color="gray" title="⚠ Before you read this">
      {cautions.map((caution) => (
        <p key={caution}>{caution}</p>
      ))}
    </Alert>
  )
}

function Sizes({ comparison, size }: { comparison: ComparisonView; size: Size }) {
  return (
    <nav aria-label="Size of the objects" className="filters">
      {comparison.sizes.map((each) => (
        <Link
          key={each.size}
          from="/jobs/$job/compare"
          to="."
          search={({ reference }: ComparisonSearch) => ({
            ...(reference !== undefined && { reference }),
            ...(each.size !== 'all' && { size: each.size }),
          })}
          replace
          activeOptions={{ exact: true }}
          aria-current={each.size === size ? 'true' : undefined}
        >
          {each.size === 'all' ? 'all sizes' : each.size} {each.targets}
        </Link>
      ))}
    </nav>
  )
}

function MetricWords({ metrics }: { metrics: readonly (keyof typeof metricsInWords)[] }) {
  return (
    <dl className="metric-words">
      {metrics.map((metric) => {
        const { name, meaning, unit, source, absentBecause } = metricsInWords[metric]
        return (
          <div key={metric}>
            <dt>{name}</dt>
            <dd>
              {meaning} In: {unit}.{absentBecause && ` Does not apply where ${absentBecause}.`} ({source})
            </dd>
          </div>
        )
      })}
    </dl>
  )
}
