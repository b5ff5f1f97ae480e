import { evidenceLines } from '@fanlight/image/contours'
import { useEffect, useRef } from 'react'
import { type Colouring, colourOf } from '../colour.ts'
import { type EvidenceMap, largest, peak } from '../map.ts'
import { decimal, percent } from '../words.ts'

const STEPS = 256

interface Props {
  readonly colouring: Colouring
  readonly map: EvidenceMap
  /** Whether all targets of the photo have this scale. */
  readonly shared: boolean
  readonly contours: boolean
  /** Of the intervals, 0..1; undefined for a map without. */
  readonly level: number | undefined
  /** A method that asked the detector nothing has no score to measure in. */
  readonly measured: boolean
}

/** The scale in figures, drawn with the same opacity as the map. */
export function Legend({ colouring, map, shared, contours, level, measured }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { most, opacity, signed } = colouring
  const from = signed ? -most : 0

  useEffect(() => {
    const pixels = new Uint8ClampedArray(STEPS * 4)
    for (let step = 0; step < STEPS; step += 1) {
      pixels.set(colourOf(from + (step / (STEPS - 1)) * (most - from), { most, opacity, signed }), step * 4)
    }
    canvas.current?.getContext('2d')?.putImageData(new ImageData(pixels, STEPS, 1), 0, 0)
  }, [from, most, opacity, signed])

  const { row, column } = peak(map)
  const place = `${third(row / map.height, ['upper', 'middle', 'lower'])} ${third(column / map.width, ['left', 'centre', 'right'])}`
  return (
    <div className="legend">
      <div className="legend-scale">
        <canvas
          ref={canvas}
          width={STEPS}
          height={1}
          role="img"
          aria-label={`Colours from ${decimal(from)} to ${decimal(most)}`}
        />
        <span>{decimal(from)}</span>
        <span>{decimal((from + most) / 2)}</span>
        <span>{decimal(most)}</span>
      </div>
      <p className="quiet">
        Evidence, in units of {measured ? 'the score' : 'its own'}
        {signed ? ': red for, blue against' : ''}
        {shared ? '; one scale for all targets of the photo' : ''}. Strongest here: {decimal(largest(map, false))},{' '}
        {place} of the photo.
        {contours && ` ${linesInWords(map)}`}
        {level !== undefined && ` Striped where the ${percent(level)} interval includes 0: that may be nothing.`}
      </p>
    </div>
  )
}

const third = (share: number, names: readonly [string, string, string]) => names[Math.min(2, Math.floor(share * 3))]

function linesInWords(map: EvidenceMap): string {
  const { lines, smoothed, scattered } = evidenceLines(map)
  if (scattered) return 'The evidence is too scattered for lines.'
  const shares = lines.map(({ share }) => share * 100).join(', ')
  return `Lines${smoothed ? ', of the smoothed map,' : ''} hold ${shares} % of the evidence, the thickest the least.`
}
