import { measured, signed, spanOf, verdictOf } from '@fanlight/evaluate/plot'
import { directionsInWords, metricsInWords } from '@fanlight/evaluate/words'
import { Link } from '@tanstack/react-router'
import type { ComparisonView } from '../api.ts'
import { plural, whole } from '../words.ts'
import { Name } from './name.tsx'

type Metric = ComparisonView['metrics'][number]
type Cell = Metric['cells'][number]
type Method = ComparisonView['methods'][number]

interface TableProps {
  readonly comparison: ComparisonView
  /** Those of one metric side by side. */
  readonly metrics: readonly Metric[]
  readonly caption: string
}

/** Methods × metrics, a column for each fill. */
export function ComparisonTable({ comparison, metrics, caption }: TableProps) {
  const groups = [...Map.groupBy(metrics, ({ metric }) => metric)]
  return (
    <section className="scroll" aria-label={`${caption}, a table`}>
      <table className="compared">
        <thead>
          <tr>
            <td />
            {groups.map(([metric, columns]) => (
              <th key={metric} scope="colgroup" colSpan={columns.length}>
                {metricsInWords[metric].name}
                <span className="direction">{directionOf(metric)}</span>
              </th>
            ))}
          </tr>
          <tr>
            <th scope="col">method</th>
            {metrics.map(({ metric, fill }) => (
              <th key={`${metric} ${fill}`} scope="col" className="n">
                {fill ?? 'any fill'}
              </th>
            ))}
          </tr>
        </thead>
        {[false, true].map((baseline) => (
          <MethodRows key={String(baseline)} comparison={comparison} metrics={metrics} baseline={baseline} />
        ))}
      </table>
    </section>
  )
}

function directionOf(metric: Metric['metric']): string {
  const { better } = metricsInWords[metric]
  return better === null ? 'says what the map is like' : directionsInWords[better]
}

function MethodRows({ comparison, metrics, baseline }: Omit<TableProps, 'caption'> & { baseline: boolean }) {
  const rows = [...comparison.methods.entries()].filter(([, method]) => method.baseline === baseline)
  if (rows.length === 0) return null
  return (
    <tbody>
      {baseline && (
        <tr>
          <th scope="rowgroup" className="baselines" colSpan={metrics.length + 1}>
            Baselines: know nothing of what the network learned
          </th>
        </tr>
      )}
      {rows.map(([at, method]) => (
        <tr key={method.key} className={method.key === comparison.reference ? 'reference' : undefined}>
          <MethodHead method={method} isReference={method.key === comparison.reference} />
          {metrics.map((metric) => (
            <MetricCell
              key={`${metric.metric} ${metric.fill}`}
              comparison={comparison}
              metric={metric}
              cell={metric.cells[at]!}
            />
          ))}
        </tr>
      ))}
    </tbody>
  )
}

function MethodHead({ method, isReference }: { method: Method; isReference: boolean }) {
  const { key, name, forwards, targets } = method
  return (
    <th scope="row">
      <Name>{name}</Name>
      <span className="quiet">
        {targets === 0 ? 'no map' : plural(Math.round(forwards ?? 0), 'forward')} ·{' '}
        {isReference ? (
          'reference'
        ) : (
          <Link
            from="/jobs/$job/compare"
            to="."
            search={(search) => ({ ...search, reference: key })}
            replace
            aria-label={`compare with ${name}`}
          >
            compare with it
          </Link>
        )}
      </span>
    </th>
  )
}

function MetricCell({ comparison, metric, cell }: { comparison: ComparisonView; metric: Metric; cell: Cell }) {
  const all = comparison.sizes.find(({ size }) => size === metric.size)?.targets ?? 0
  if (cell.mean === null) return <td className="n none">{whyNone(metric, all)}</td>
  return (
    <td className="n">
      <strong>{measured(cell.mean)}</strong>
      {cell.best && <span className="best"> ★ best</span>}
      {cell.targets < all && <span className="quiet line">of {whole(cell.targets)} targets</span>}
      {cell.difference && <DifferenceLine comparison={comparison} metric={metric} difference={cell.difference} />}
    </td>
  )
}

function whyNone({ metric }: Metric, all: number): string {
  if (all === 0) return 'no such target'
  return metricsInWords[metric].absentBecause ? 'does not apply' : 'could not be measured'
}

const MARKS = { better: '▲', worse: '▼', more: '≠', less: '≠' } as const
const BAR = { width: 64, height: 14 }

interface DifferenceProps {
  readonly comparison: ComparisonView
  readonly metric: Metric
  readonly difference: NonNullable<Cell['difference']>
}

function DifferenceLine({ comparison, metric, difference: { mean, intervals } }: DifferenceProps) {
  const [narrow, wide] = intervals ?? []
  if (!narrow || !wide) return <span className="quiet line">{signed(mean)}</span>
  const verdict = verdictOf(wide, metricsInWords[metric.metric].better)
  const most = scaleOf(comparison, metric)
  const [thick, thin] = [spanOf(narrow, most, BAR.width), spanOf(wide, most, BAR.width)]
  const middle = BAR.height / 2
  return (
    <span
      className="quiet line"
      title={`90 %: ${signed(narrow.low)} … ${signed(narrow.high)}; 95 %: ${signed(wide.low)} … ${signed(wide.high)}`}
    >
      {signed(mean)}{' '}
      <svg className="interval" {...BAR} aria-hidden="true">
        <path d={`M${BAR.width / 2} 0v${BAR.height}`} />
        <rect x={thin.x} y={middle - 0.75} width={thin.width} height={1.5} />
        <rect x={thick.x} y={middle - 2.5} width={thick.width} height={5} />
      </svg>
      <br />
      {verdict && (
        <span className={`verdict ${verdict}`} role="img" aria-label={verdict}>
          {MARKS[verdict]}{' '}
        </span>
      )}
      {signed(wide.low)} … {signed(wide.high)}
    </span>
  )
}

/** Baselines are far off: were they to fit the scale, nothing else could be told apart. */
function scaleOf({ methods }: ComparisonView, { cells }: Metric): number {
  const ends = cells.flatMap(({ difference }, at) =>
    methods[at]!.baseline ? [] : (difference?.intervals?.flatMap(({ low, high }) => [-low, low, -high, high]) ?? []),
  )
  return Math.max(...ends, 0) || 1
}
