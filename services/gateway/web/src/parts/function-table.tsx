import { digits, share, thousands } from '@fanlight/network/words'
import { Link } from '@tanstack/react-router'
import type { ActivationFunctionView } from '../api.ts'
import { visible } from '../words.ts'
import { Name } from './name.tsx'

/** Rows; more of them no browser likes. */
const MAX_ROWS = 500
const [WIDTH, HEIGHT] = [220, 40]
const DEAD_SHOWN = 6

/** The activation functions in the order in which they run, and what they did with the photo. */
export function FunctionTable({ functions }: { functions: readonly ActivationFunctionView[] }) {
  return (
    <section aria-labelledby="functions" className="layers">
      <h2 id="functions">Activation functions, in the order in which they run</h2>
      {functions.length === 0 ? (
        <p className="quiet">None are known in this network.</p>
      ) : (
        <>
          <p className="quiet">
            Grey: the numbers that go in; coloured: those that come out, on one axis; heights go with the root of the
            count. Closed: the share that is let through by less than a hundredth; open: by more than 99 hundredths.
            Saturated: both, of functions that level off at both ends: no gradient comes through there. Dead: channels
            that are closed everywhere in this photo.
          </p>
          <div className="table-scroll">
            <table className="layer-table">
              <thead>
                <tr>
                  <th className="left">layer</th>
                  <th className="left">kind</th>
                  <th className="left">numbers</th>
                  <th className="left">before and after</th>
                  <th>closed</th>
                  <th>open</th>
                  <th>saturated</th>
                  <th>dead channels</th>
                </tr>
              </thead>
              <tbody>
                {functions.slice(0, MAX_ROWS).map((one) => (
                  <Row key={one.layer} one={one} />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  )
}

function Row({ one }: { one: ActivationFunctionView }) {
  const { layer, kind, shape, closedShare, openShare, saturatedShare, deadChannels, channels, dead } = one
  const listed = dead.slice(0, DEAD_SHOWN).join(', ')
  return (
    <tr>
      <th scope="row" className="left">
        <Link from="/models/$id" to="." search={{ layer }}>
          <Name>{layer}</Name>
        </Link>
      </th>
      <td className="left">{visible(kind)}</td>
      <td className="left">{shape.slice(1).join(' × ')}</td>
      <td className="left">
        <Distributions one={one} />
      </td>
      <td>{share(closedShare, 1)}</td>
      <td>{share(openShare, 1)}</td>
      <td>{saturatedShare === null ? '–' : share(saturatedShare, 1)}</td>
      <td title={deadChannels > 0 ? `channels ${listed}${deadChannels > DEAD_SHOWN ? ' …' : ''}` : undefined}>
        {deadChannels === 0 ? 'none' : `${thousands(deadChannels)} of ${thousands(channels)}`}
      </td>
    </tr>
  )
}

/** Both histograms on one axis. */
function Distributions({ one: { before, after } }: { one: ActivationFunctionView }) {
  const from = Math.min(before.min ?? 0, after.min ?? 0, 0)
  const to = Math.max(before.max ?? 0, after.max ?? 0, from + 1e-9)
  const x = (value: number) => ((value - from) / (to - from)) * WIDTH
  const mean = (of: typeof before) => (of.mean === null ? 'unknown' : digits(of.mean))
  return (
    <svg
      className="distributions"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`From ${digits(from)} to ${digits(to)}; mean before ${mean(before)}, after ${mean(after)}`}
    >
      <title>{`from ${digits(from)} to ${digits(to)}; mean before ${mean(before)}, after ${mean(after)}`}</title>
      <path className="before" d={bars(before.histogram, x)} />
      <path className="after" d={bars(after.histogram, x)} />
      <line x1={x(0)} x2={x(0)} y1={0} y2={HEIGHT} />
    </svg>
  )
}

function bars(
  { from, to, counts }: ActivationFunctionView['before']['histogram'],
  x: (value: number) => number,
): string {
  const most = Math.max(1, ...counts)
  const step = (to - from) / counts.length
  return counts
    .map((count, bin) => {
      if (count === 0) return ''
      const top = (HEIGHT * (1 - Math.sqrt(count / most))).toFixed(1)
      const left = Math.max(0, x(from + bin * step)).toFixed(1)
      const right = Math.min(WIDTH, x(from + (bin + 1) * step)).toFixed(1)
      return `M${left},${HEIGHT}V${top}H${right}V${HEIGHT}Z`
    })
    .join('')
}
