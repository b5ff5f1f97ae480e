import { attributesText, digits, rough, shapeText, share } from '@fanlight/network/words'
import { Link } from '@tanstack/react-router'
import { type LayerRow, positiveShare } from '../layer-rows.ts'
import type { Column, ModelSearch } from '../model-search.ts'
import { plural, visible, whole } from '../words.ts'
import { Name } from './name.tsx'

/** Rows of the table; more of them are more than anybody reads. */
const MAX_ROWS = 1000

const heads: readonly {
  readonly column?: Column
  readonly text: string
  readonly title?: string
  readonly left?: true
}[] = [
  { column: 'place', text: '#', title: 'place in the order in which they run' },
  { column: 'layer', text: 'layer', left: true },
  { column: 'op', text: 'kind', left: true },
  { text: 'makes', title: 'shape of its output: batch × channels × rows × columns', left: true },
  { text: 'how', left: true },
  { column: 'parameters', text: 'parameters' },
  { column: 'macs', text: 'cost', title: 'multiply-accumulates of a forward, and their share of the network’s' },
  { column: 'deviation', text: 'spread', title: 'standard deviation of its weights' },
  { column: 'positive', text: 'positive', title: 'share of all magnitude of its weights that is above zero' },
  { column: 'nearZero', text: 'near zero', title: 'share of its weights below a thousandth of the largest' },
  { column: 'dead', text: 'dead', title: 'filters all of whose weights are near zero' },
  { column: 'duplicate', text: 'duplicate', title: 'filters that an earlier one equals but for its strength' },
]

interface Props {
  readonly rows: readonly LayerRow[]
  readonly chosen: string | undefined
  readonly search: ModelSearch
  /** Of the whole network. */
  readonly macs: number
}

export function LayerTable({ rows, chosen, search, macs }: Props) {
  const costliest = rows.reduce((most, { layer }) => Math.max(most, layer.macs ?? 0), 0)
  return (
    <div className="table-scroll">
      <table className="layer-table">
        <thead>
          <tr>
            {heads.map(({ text, ...head }) => (
              <Head key={text} text={text} search={search} {...head} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row) => (
            <Row key={row.place} row={row} isChosen={row.layer.name === chosen} macs={macs} costliest={costliest} />
          ))}
        </tbody>
      </table>
      {rows.length > MAX_ROWS && <p className="quiet">{plural(rows.length - MAX_ROWS, 'further layer')}</p>}
    </div>
  )
}

function Head({ column, text, title, left, search }: (typeof heads)[number] & { search: ModelSearch }) {
  const { sort = 'place', down = false } = search
  const isSorted = column === sort
  // Figures are looked for from the largest on, names and places from the first.
  const first = column !== undefined && !left && column !== 'place'
  const next = isSorted ? !down : first
  return (
    <th
      scope="col"
      className={left ? 'left' : undefined}
      aria-sort={isSorted ? (down ? 'descending' : 'ascending') : undefined}
    >
      {column === undefined ? (
        <span title={title}>{text}</span>
      ) : (
        <Link
          from="/models/$id"
          to="."
          replace
          resetScroll={false}
          title={title}
          search={({ sort: _, down: __, ...kept }) => ({ ...kept, sort: column, ...(next && { down: true }) })}
        >
          {text}
          <span aria-hidden="true">{isSorted ? (down ? ' ↓' : ' ↑') : ''}</span>
        </Link>
      )}
    </th>
  )
}

interface RowProps {
  readonly row: LayerRow
  readonly isChosen: boolean
  /** Of the whole network, and of the layer that takes most. */
  readonly macs: number
  readonly costliest: number
}

function Row({ row: { place, layer, weights }, isChosen, macs, costliest }: RowProps) {
  return (
    <tr aria-current={isChosen ? 'true' : undefined}>
      <td className="quiet">{place}</td>
      <th scope="row" className="left">
        <LayerLink name={layer.name} />
      </th>
      <td className="left">{visible(layer.op)}</td>
      <td className="left">{visible(shapeText(layer.shape))}</td>
      <td className="left how">{visible(attributesText(layer.attributes))}</td>
      <td>{layer.parameters > 0 ? whole(layer.parameters) : '–'}</td>
      <td className="cost">
        {layer.macs === null ? 'unknown' : layer.macs > 0 ? `${rough(layer.macs)} · ${share(layer.macs, macs)}` : '–'}
        <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect width={costliest > 0 ? (100 * (layer.macs ?? 0)) / costliest : 0} height="4" />
        </svg>
      </td>
      <td>{weights ? digits(weights.deviation) : '–'}</td>
      <td>{weights ? share(positiveShare(weights), 1) : '–'}</td>
      <td>{weights ? share(weights.nearZeroShare, 1) : '–'}</td>
      <td>{weights ? whole(weights.deadFilters) : '–'}</td>
      <td>{weights ? (weights.duplicateFilters === null ? 'not asked' : whole(weights.duplicateFilters)) : '–'}</td>
    </tr>
  )
}

/** Leads to a layer's figures above; the table stays as it is. */
export function LayerLink({ name }: { name: string }) {
  return (
    <Link from="/models/$id" to="." hash="layer" search={(search) => ({ ...search, layer: name })}>
      <Name>{name}</Name>
    </Link>
  )
}
