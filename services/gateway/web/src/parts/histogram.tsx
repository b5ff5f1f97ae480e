import { digits } from '@fanlight/network/words'
import type { LayerWeightsView } from '../api.ts'
import { whole } from '../words.ts'

const HEIGHT = 100

/** The values of a layer's weights, around zero. */
export function Histogram({ weights: { histogram, count } }: { weights: LayerWeightsView }) {
  const { counts, from, to } = histogram
  const most = Math.max(1, ...counts)
  const width = (to - from) / counts.length
  return (
    <figure className="histogram">
      <svg
        viewBox={`0 0 ${counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Histogram of the weights"
      >
        {counts.map((number, bin) => {
          const height = HEIGHT * Math.sqrt(number / most)
          const middle = from + (bin + 0.5) * width
          return (
            <rect key={middle} x={bin + 0.05} y={HEIGHT - height} width={0.9} height={height}>
              <title>{`around ${digits(middle)}: ${whole(number)} of ${whole(count)}`}</title>
            </rect>
          )
        })}
      </svg>
      <p className="histogram-ends" aria-hidden="true">
        <span>{digits(from)}</span>
        <span>0</span>
        <span>{digits(to)}</span>
      </p>
      <figcaption className="quiet">
        How many weights have which value; heights go with the root of the count.
      </figcaption>
    </figure>
  )
}
