import { attributesText, digits, rough, shapeText, share } from '@fanlight/network/words'
import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type KernelsView, kernelsQuery, kernelsUrl, type LayerWeightsView, type NetworkView } from '../api.ts'
import { type LayerRow, positiveShare } from '../layer-rows.ts'
import { percent, visible, whole } from '../words.ts'
import { LayerLink } from './layer-table.tsx'
import { Name } from './name.tsx'
import { NumberRow } from './number-row.tsx'
import { Loaded } from './problem.tsx'

const route = getRouteApi('/models/$id')

interface Props {
  readonly network: NetworkView
  readonly row: LayerRow
  readonly rows: readonly LayerRow[]
}

/** One layer: its kernels as a picture, its weights in figures, and where it stands. */
export function LayerDetail({ network, row, rows }: Props) {
  const { layer, weights, place } = row
  return (
    <section aria-labelledby="layer" className="card layer-view">
      <h2 id="layer">
        <Name>{layer.name}</Name>{' '}
        <span className="quiet">
          {visible(layer.op)}, {whole(place)} of {whole(rows.length)}
        </span>
      </h2>
      {weights && weights.filters < weights.count && <Kernels id={network.id} layer={layer.name} />}
      <div className="layer-figures">
        {weights && <Histogram weights={weights} />}
        <table className="numbers">
          <tbody>
            <Place row={row} rows={rows} macs={network.summary.macs} />
            {weights ? <Weights weights={weights} /> : <Unread network={network} layer={layer.name} />}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Kernels({ id, layer }: { id: string; layer: string }) {
  const scale = route.useSearch().oneScale ? 'layer' : 'filter'
  const navigate = route.useNavigate()
  const query = useQuery(kernelsQuery(id, layer, scale))
  return (
    <Loaded query={query}>
      {(shown) => (
        <figure className="kernels">
          <img
            src={kernelsUrl(id, layer, scale, 'png')}
            width={shown.width}
            height={shown.height}
            alt={inWords(shown)}
          />
          <figcaption className="quiet">{inWords(shown)}</figcaption>
          {shown.layout === 'filters' && (
            <Switch
              size="sm"
              label="One scale for all filters"
              checked={scale === 'layer'}
              onChange={(event) => {
                const oneScale = event.currentTarget.checked
                void navigate({
                  search: ({ oneScale: _, ...kept }) => (oneScale ? { ...kept, oneScale } : kept),
                  replace: true,
                  resetScroll: false,
                })
              }}
            />
          )}
        </figure>
      )}
    </Loaded>
  )
}

const part = (shown: readonly number[], all: number) =>
  shown.length === all ? `all ${all}` : `the first ${shown.length} of ${all}`

/** What a picture shows, and on which scale. */
function inWords({
  kind,
  layout,
  scale,
  most,
  kernel,
  filters,
  filterCount,
  inputs,
  inputCount,
  withFocus,
}: KernelsView): string {
  const size = kernel.join(' × ')
  const tiles =
    layout === 'filters'
      ? `A tile a filter (${part(filters, filterCount)}), ${size} each.`
      : `A row a filter (${part(filters, filterCount)}), a column an input channel (${part(inputs, inputCount)})${size === '1 × 1' ? '' : `, kernels of ${size}`}.`
  const meaning =
    kind === 'colour'
      ? 'The patch of colours that each answers to most; grey is a weight of 0.'
      : 'Red asks for more of its input, blue for less, white is a weight of 0.'
  const strongest =
    scale === 'layer'
      ? `The strongest colour is ±${digits(most)}.`
      : 'Each tile has its own scale: compare patterns, not strength.'
  const focus = withFocus ? ' The slices before this convolution (Focus) are folded into it.' : ''
  return `${tiles} ${meaning} ${strongest}${focus}`
}

const HEIGHT = 100

function Histogram({ weights: { histogram, count } }: { weights: LayerWeightsView }) {
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

function Place({ row: { layer }, rows, macs }: { row: LayerRow; rows: readonly LayerRow[]; macs: number }) {
  const takers = rows.filter(({ layer: { from } }) => from.includes(layer.name)).map(({ layer: { name } }) => name)
  const known = new Set(rows.map(({ layer: { name } }) => name))
  return (
    <>
      <NumberRow name="makes" value={visible(shapeText(layer.shape))}>
        {visible(attributesText(layer.attributes))}
      </NumberRow>
      <NumberRow name="cost" value={layer.macs === null ? 'unknown' : layer.macs > 0 ? rough(layer.macs) : 'none'}>
        {costInWords(layer.macs, macs)}
      </NumberRow>
      <tr>
        <th scope="row">takes</th>
        <td>
          <Names names={layer.from} known={known} />
        </td>
      </tr>
      {layer.after.length > 0 && layer.after.join() !== layer.from.join() && (
        <tr>
          <th scope="row">after</th>
          <td>
            <Names names={layer.after} known={known} />{' '}
            <span className="quiet">the nearest with parameters upstream</span>
          </td>
        </tr>
      )}
      <tr>
        <th scope="row">taken by</th>
        <td>{takers.length > 0 ? <Names names={takers} known={known} /> : 'nothing: it is an output, or of no use'}</td>
      </tr>
    </>
  )
}

function costInWords(macs: number | null, all: number): string {
  if (macs === null) return 'its shapes are not known'
  if (macs === 0) return 'only convolutions and products of matrices are counted'
  return `multiply-accumulates of a forward, ${share(macs, all)} of all`
}

const MAX_NAMES = 12

function Names({ names, known }: { names: readonly string[]; known: ReadonlySet<string> }) {
  if (names.length === 0) return 'nothing'
  return (
    <span className="layer-names">
      {names
        .slice(0, MAX_NAMES)
        .map((name) => (known.has(name) ? <LayerLink key={name} name={name} /> : <Name key={name}>{name}</Name>))}
      {names.length > MAX_NAMES && <span>and {whole(names.length - MAX_NAMES)} more</span>}
    </span>
  )
}

function Unread({ network: { weights }, layer }: { network: NetworkView; layer: string }) {
  const reason = weights.unread.find((one) => one.layer === layer)?.reason
  return (
    <NumberRow name="weights" value={reason ? 'not read' : 'none'}>
      {reason ? visible(reason) : 'it computes without any'}
    </NumberRow>
  )
}

function Weights({ weights }: { weights: LayerWeightsView }) {
  const { shape, count, notFinite, min, max, mean, deviation, l1, l2, nearZeroShare, filters, deadFilters, dead } =
    weights
  const { duplicateFilters, duplicates } = weights
  return (
    <>
      <NumberRow name="weights" value={whole(count)}>
        {shape.join(' × ')} numbers
        {notFinite > 0 && `; ${whole(notFinite)} of them are not finite, and in no figure here`}
      </NumberRow>
      <NumberRow name="range" value={`${digits(min)} to ${digits(max)}`}>
        the lowest and the highest
      </NumberRow>
      <NumberRow name="mean, spread" value={`${digits(mean)}, ${digits(deviation)}`}>
        where they lie, and their standard deviation
      </NumberRow>
      <NumberRow name="L1, L2" value={`${digits(l1)}, ${digits(l2)}`}>
        all magnitudes added, and the root of all squares added
      </NumberRow>
      <NumberRow name="positive" value={percent(positiveShare(weights))}>
        of all magnitude is above zero
      </NumberRow>
      <NumberRow name="near zero" value={share(nearZeroShare, 1)}>
        of the weights are below a thousandth of the largest
      </NumberRow>
      <NumberRow name="dead filters" value={`${whole(deadFilters)} of ${whole(filters)}`}>
        {deadFilters > 0 ? `all near zero: ${few(dead)}` : 'none is near zero as a whole'}
      </NumberRow>
      <NumberRow name="duplicates" value={duplicateFilters === null ? 'not asked' : whole(duplicateFilters)}>
        {duplicateFilters === null
          ? 'filters of so few weights look alike by chance'
          : duplicateFilters > 0
            ? `the same but for their strength: ${few(duplicates.map((set) => set.join(' = ')))}`
            : 'no two filters are the same but for their strength'}
      </NumberRow>
    </>
  )
}

const few = (names: readonly (number | string)[]) =>
  names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(', ')} …` : names.join(', ')
