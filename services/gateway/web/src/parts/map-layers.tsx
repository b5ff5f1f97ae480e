import { evidenceLines, LINE_SHARES, linePath } from '@fanlight/image/contours'
import { useEffect, useMemo, useRef } from 'react'
import type { Target } from '../api.ts'
import { type Colouring, paintMap } from '../colour.ts'
import type { EvidenceMap } from '../map.ts'

/** Longest side of the canvas: the map is smooth, more pixels would not show. */
const CANVAS_SIDE = 640

/** The map in colour; what it shows is said in `label`. */
export function MapCanvas({
  map,
  halfWidths,
  colouring,
  width,
  height,
  label,
  side = CANVAS_SIDE,
}: {
  map: EvidenceMap
  /** Of the cells' intervals, where there are some. */
  halfWidths?: Float32Array | undefined
  colouring: Colouring
  width: number
  height: number
  label: string
  /** Of the canvas, the longer one, pixels. */
  side?: number
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const scale = Math.min(1, side / Math.max(width, height))
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const { most, opacity, signed } = colouring

  useEffect(() => {
    const pixels = paintMap(map, { most, opacity, signed }, w, h, halfWidths)
    canvas.current?.getContext('2d')?.putImageData(new ImageData(pixels, w, h), 0, 0)
  }, [map, halfWidths, most, opacity, signed, w, h])

  return <canvas ref={canvas} width={w} height={h} role="img" aria-label={label} />
}

/** The lines that hold shares of the evidence, as in the overlays. */
export function Contours({ map, width, height }: { map: EvidenceMap; width: number; height: number }) {
  const { lines } = useMemo(() => evidenceLines(map), [map])
  return lines.map((line) => {
    const path = linePath(line, map, width, height)
    return (
      <g key={line.share} className={`contour contour-${LINE_SHARES.indexOf(line.share)}`}>
        <path d={path} className="line-under" />
        <path d={path} className="line-over" />
      </g>
    )
  })
}

export function Outline({ box: [x1, y1, x2, y2], kind }: { box: Target['box']; kind: 'current' | 'other' }) {
  const shape = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }
  return (
    <g className={`outline outline-${kind}`}>
      <rect {...shape} className="line-under" />
      <rect {...shape} className="line-over" />
    </g>
  )
}
