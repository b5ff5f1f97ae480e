import { whyDoubted } from '@fanlight/explain/diagnosis'
import { isSigned, noMapOf } from '@fanlight/explain/words'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { intervalQueries, mapQuery, photoUrl } from '../api.ts'
import type { DetectionMap } from '../detections.ts'
import { largest } from '../map.ts'
import { evidenceInWords, visible } from '../words.ts'
import { MapCanvas, Outline } from './map-layers.tsx'
import { NoMap } from './no-map.tsx'

const CANVAS_SIDE = 320

interface Props {
  readonly map: DetectionMap
  readonly photo: { job: string; item: string; width: number; height: number }
  readonly title: string
  readonly children?: ReactNode
}

/** A map, small, with its own scale; leads to where it is large. */
export function MapTile({ map: { attribution, method, key, t }, photo, title, children }: Props) {
  const { width, height } = photo
  const { target, inBoxEnergy, gradient } = attribution
  const noMap = noMapOf(gradient, target.objective)
  const { data } = useQuery(mapQuery(attribution.map.sha256))
  const [interval] = useQueries({ queries: intervalQueries(attribution.interval) })
  const signed = isSigned(method)
  const doubts = noMap ? [] : whyDoubted(attribution)
  return (
    <figure className="map-tile">
      <div className="map-view map-view-grey" style={{ aspectRatio: `${width} / ${height}` }}>
        <img src={photoUrl(photo.job, photo.item, 640)} alt="" loading="lazy" />
        {data && !noMap && (
          <MapCanvas
            map={data}
            halfWidths={interval?.data?.data}
            colouring={{ most: largest(data, signed), opacity: 0.7, signed }}
            width={width}
            height={height}
            label={`Map of ${visible(target.label)}: ${title}`}
            side={CANVAS_SIDE}
          />
        )}
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          <Outline box={target.box} kind="current" />
        </svg>
        {noMap && (
          <div className="map-instead">
            <NoMap {...noMap} />
          </div>
        )}
      </div>
      <figcaption>
        <Link
          to="/jobs/$job/items/$item"
          params={{ job: photo.job, item: photo.item }}
          search={{ method: key, ...(t > 1 && { t }) }}
        >
          {visible(title)}
        </Link>
        {!noMap && <span className="quiet"> {evidenceInWords(inBoxEnergy)}</span>}
        {doubts.length > 0 && <p className="warning">⚠ Doubtful: {doubts.map(({ cause }) => cause).join(', ')}</p>}
        {children}
      </figcaption>
    </figure>
  )
}
