import { attributesText, rough, shapeText, share } from '@fanlight/network/words'
import type { NetworkView } from '../api.ts'
import type { LayerRow } from '../layer-rows.ts'
import { visible, whole } from '../words.ts'
import { Histogram } from './histogram.tsx'
import { Kernels } from './layer-kernels.tsx'
import { LayerLink } from './layer-table.tsx'
import { Name } from './name.tsx'
import { NumberRow } from './number-row.tsx'
import { Unread, Weights } from './weight-numbers.tsx'

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
