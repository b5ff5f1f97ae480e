import { bandPath, type Frame, linePath, measured, mostOf } from '@fanlight/evaluate/plot'
import { curvePairs } from '@fanlight/evaluate/words'
import type { ComparisonView } from '../api.ts'
import { visible } from '../words.ts'
import { Name } from './name.tsx'

type Curve = ComparisonView['curves'][number]
type Pair = (typeof curvePairs)[number]

const SIZE = { width: 180, height: 110 }
/** Room for the numbers beside the axes. */
const LEFT = 26
const BELOW = 18

/** Small pictures, one a method: the area between both curves is insertion − deletion. */
export function ComparisonCurves({ comparison }: { comparison: ComparisonView }) {
  const { curves, fills } = comparison
  if (curves.length === 0) return null
  return (
    <section aria-labelledby="curves" className="metric-group">
      <h2 id="curves">Curves</h2>
      <p>
        <Sample kind="insertion" /> insertion: what the map holds strongest is shown first; high and early is better.{' '}
        <Sample kind="deletion" /> deletion: it is hidden first; low and early is better. Across: from nothing shown or
        hidden to everything. Upwards: value ÷ that of the whole photo, the mean over targets; bands hold it with 90 %,
        point by point, over photos. The thin grey lines are those of the reference.
      </p>
      {curvePairs.flatMap((pair) =>
        fills.map((fill) => <Panels key={`${pair.title} ${fill}`} comparison={comparison} pair={pair} fill={fill} />),
      )}
    </section>
  )
}

function Sample({ kind }: { kind: 'insertion' | 'deletion' }) {
  return (
    <svg className="curve-sample" width={42} height={10} aria-hidden="true">
      <path className={kind} d="M0 5h42" />
    </svg>
  )
}

function Panels({ comparison, pair, fill }: { comparison: ComparisonView; pair: Pair; fill: string }) {
  const { methods, curves, reference } = comparison
  const shown = curves.filter(
    (curve) => curve.fill === fill && (curve.metric === pair.insertion || curve.metric === pair.deletion),
  )
  if (shown.length === 0) return null
  const frame = { ...SIZE, most: mostOf(shown.flatMap(({ mean }) => mean)) }
  const of = (method: string | null) => ({
    insertion: shown.find((curve) => curve.method === method && curve.metric === pair.insertion),
    deletion: shown.find((curve) => curve.method === method && curve.metric === pair.deletion),
  })
  return (
    <>
      <h3>
        {pair.title}, hidden by {fill}
      </h3>
      <ul className="panels">
        {methods.map(({ key, name }) => (
          <li key={key}>
            <Panel name={name} {...of(key)} ghosts={key === reference ? {} : of(reference)} frame={frame} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface Curves {
  readonly insertion?: Curve | undefined
  readonly deletion?: Curve | undefined
}

function Panel({ name, insertion, deletion, ghosts, frame }: Curves & { name: string; ghosts: Curves; frame: Frame }) {
  const { width, height, most } = frame
  if (!insertion || !deletion) {
    return (
      <p className="quiet">
        <Name>{name}</Name>: no map was measured
      </p>
    )
  }
  const [under, left] = [area(insertion), area(deletion)]
  return (
    <figure>
      <figcaption>
        <strong>
          <Name>{name}</Name>
        </strong>{' '}
        <span className="quiet">between them {measured(under - left)}</span>
      </figcaption>
      <svg
        role="img"
        aria-label={visible(`${name}: area under insertion ${measured(under)}, under deletion ${measured(left)}`)}
        viewBox={`${-LEFT} -6 ${width + LEFT + 8} ${height + BELOW + 6}`}
      >
        <path className="axes" d={`M0 0V${height}H${width}`} />
        <text x={-4} y={4} textAnchor="end">
          {most}
        </text>
        <text x={-4} y={height} textAnchor="end">
          0
        </text>
        <text x={0} y={height + 13}>
          0 %
        </text>
        <text x={width} y={height + 13} textAnchor="end">
          100 %
        </text>
        <Band curve={insertion} frame={frame} kind="insertion" />
        <Band curve={deletion} frame={frame} kind="deletion" />
        {ghosts.insertion && <path className="ghost" d={linePath(ghosts.insertion.mean, frame)} />}
        {ghosts.deletion && <path className="ghost" d={linePath(ghosts.deletion.mean, frame)} />}
        <path className="insertion" d={linePath(insertion.mean, frame)} />
        <path className="deletion" d={linePath(deletion.mean, frame)} />
      </svg>
    </figure>
  )
}

function Band({ curve: { mean, halfWidths }, frame, kind }: { curve: Curve; frame: Frame; kind: string }) {
  return halfWidths && <path className={`band ${kind}`} d={bandPath(mean, halfWidths, frame)} />
}

/** By trapezia. */
const area = ({ mean }: Curve) =>
  mean.slice(1).reduce((sum, value, i) => sum + (value + mean[i]!) / 2, 0) / (mean.length - 1)
