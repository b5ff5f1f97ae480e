import { coarse, type EvidenceMap } from '../map.ts'
import { decimal } from '../words.ts'

const SIDE = 8

/** The map as figures: means over 8 × 8 parts of the photo. */
export function MapTable({ map }: { map: EvidenceMap }) {
  const rows = coarse(map, SIDE, SIDE)
  const names = Array.from({ length: SIDE }, (_, at) => `${Math.round((100 * at) / SIDE)} %`)
  return (
    <details>
      <summary>The map in figures</summary>
      <p className="quiet">Mean evidence in 8 × 8 parts of the photo; rows go down, columns to the right.</p>
      <table className="map-table">
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={names[at]}>
              <th scope="row">{names[at]}</th>
              {row.map((value, column) => (
                <td key={names[column]}>{decimal(Number(value.toFixed(3)))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
