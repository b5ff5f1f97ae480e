import { type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode, useId, useState } from 'react'
import { photoUrl, type Target } from '../api.ts'
import type { Colouring } from '../colour.ts'
import { type EvidenceMap, peak } from '../map.ts'
import { decimal, intervalInWords, percent, visible } from '../words.ts'
import { Contours, MapCanvas, Outline } from './map-layers.tsx'

interface Props {
  readonly photo: { job: string; item: string; width: number; height: number }
  readonly map: EvidenceMap
  /** Half the width of each cell's interval, of a map that has some. */
  readonly halfWidths: Float32Array | undefined
  /** Why the map says nothing, in its place. */
  readonly instead?: ReactNode
  readonly colouring: Colouring
  readonly contours: boolean
  readonly grey: boolean
  readonly targets: readonly Target[]
  readonly shown: number
  readonly onChoose: (at: number) => void
}

interface Cell {
  readonly row: number
  readonly column: number
}

/** A target's map over its photo. Pointing at it, or the arrow keys on it, read single cells; a click chooses a box. */
export function MapView(props: Props) {
  const { photo, map, halfWidths, instead, colouring, contours, grey, targets, shown, onChoose } = props
  const { width, height } = photo
  const [cell, setCell] = useState<Cell>()
  const help = useId()
  const target = targets[shown]!

  const placeOf = (event: MouseEvent) => {
    const { left, top, width: w, height: h } = event.currentTarget.getBoundingClientRect()
    return { x: (event.clientX - left) / w, y: (event.clientY - top) / h }
  }
  const onPointerMove = (event: PointerEvent) => {
    const { x, y } = placeOf(event)
    setCell({
      row: within(Math.floor(y * map.height), map.height),
      column: within(Math.floor(x * map.width), map.width),
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const [down, right] = steps[event.key] ?? [0, 0]
    if (down === 0 && right === 0) return
    event.preventDefault()
    const { row, column } = cell ?? peak(map)
    setCell({ row: within(row + down, map.height), column: within(column + right, map.width) })
  }
  const onClick = (event: MouseEvent) => {
    // Enter and the space bar click at the cell that is being read.
    const { x, y } = event.detail === 0 && cell ? centreOf(cell, map) : placeOf(event)
    const at = smallestAround(targets, x * width, y * height)
    if (at !== undefined) onChoose(at)
  }

  return (
    <figure className="map-figure">
      <div
        className={grey ? 'map-view map-view-grey' : 'map-view'}
        style={{ aspectRatio: `${width} / ${height}`, maxWidth: `calc(72vh * ${width / height})` }}
      >
        <img src={photoUrl(photo.job, photo.item, 1280)} alt="" />
        {instead === undefined && (
          <MapCanvas
            map={map}
            halfWidths={halfWidths}
            colouring={colouring}
            width={width}
            height={height}
            label={`Map of what made the detector say ${visible(target.label)}`}
          />
        )}
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {contours && instead === undefined && <Contours map={map} width={width} height={height} />}
          {targets.map(({ id, box }, at) => at !== shown && <Outline key={id} box={box} kind="other" />)}
          <Outline box={target.box} kind="current" />
          {cell && instead === undefined && <CellMark cell={cell} map={map} width={width} height={height} />}
        </svg>
        {instead !== undefined && (
          <div className="map-instead" role="status">
            {instead}
          </div>
        )}
        <button
          type="button"
          className="map-probe"
          aria-label="Read the map cell by cell"
          aria-describedby={help}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setCell(undefined)}
          onBlur={() => setCell(undefined)}
          onKeyDown={onKeyDown}
          onClick={onClick}
        />
      </div>
      <figcaption>
        <output className="probe-text">
          {instead !== undefined
            ? 'Click a box to choose it.'
            : cell
              ? readCell(cell, { map, halfWidths }, photo)
              : 'Point at the map to read it; click a box to choose it.'}
        </output>
        <span id={help} className="hidden">
          Arrow keys move over its cells, starting at the strongest; Enter chooses the box around the cell.
        </span>
      </figcaption>
    </figure>
  )
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

const within = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1)

const centreOf = ({ row, column }: Cell, { width, height }: EvidenceMap) => ({
  x: (column + 0.5) / width,
  y: (row + 0.5) / height,
})

function smallestAround(targets: readonly Target[], x: number, y: number): number | undefined {
  const around = targets.flatMap(({ box: [x1, y1, x2, y2] }, at) =>
    x >= x1 && x <= x2 && y >= y1 && y <= y2 ? [{ at, area: (x2 - x1) * (y2 - y1) }] : [],
  )
  return around.sort((a, b) => a.area - b.area)[0]?.at
}

function readCell(
  cell: Cell,
  { map, halfWidths }: Pick<Props, 'map' | 'halfWidths'>,
  photo: { width: number; height: number },
): string {
  const at = cell.row * map.width + cell.column
  const value = map.data[at]!
  const top = peak(map)
  const most = map.data[top.row * map.width + top.column]!
  const { x, y } = centreOf(cell, map)
  const share = most > 0 && value > 0 ? ` (${percent(value / most)} of the strongest)` : value < 0 ? ' (against)' : ''
  const place = `x ${Math.round(x * photo.width)}, y ${Math.round(y * photo.height)} px`
  return `${place}: ${decimal(value)}${halfWidths ? intervalInWords(value, halfWidths[at]!) : ''}${share}`
}

function CellMark({ cell, map, width, height }: { cell: Cell; map: EvidenceMap; width: number; height: number }) {
  const [w, h] = [width / map.width, height / map.height]
  const shape = { x: cell.column * w, y: cell.row * h, width: w, height: h }
  return (
    <g className="outline outline-cell">
      <rect {...shape} className="line-under" />
      <rect {...shape} className="line-over" />
    </g>
  )
}
