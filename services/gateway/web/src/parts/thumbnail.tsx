import { useState } from 'react'
import { type ItemView, photoUrl } from '../api.ts'

/** A photo, small, with the boxes of its targets. The text around it says what it shows. */
export function Thumbnail({ job, item }: { job: string; item: ItemView }) {
  const [broken, setBroken] = useState(item.image === null)
  if (broken) {
    return (
      <span className="thumbnail thumbnail-broken">
        <svg viewBox="0 0 24 24" width="32" height="32" aria-hidden="true">
          <path d="M4 5h16v14H4zM4 16l4-4 3 3 5-6 4 5M3 3l18 18" fill="none" stroke="currentColor" strokeWidth="1.5" />
        </svg>
        no picture
      </span>
    )
  }
  return (
    <span className="thumbnail">
      <img src={photoUrl(job, item.id, 320)} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      {item.found && (
        <svg className="boxes" viewBox={`0 0 ${item.found.width} ${item.found.height}`} aria-hidden="true">
          {item.found.targets.map(({ id, box: [x1, y1, x2, y2] }) => (
            <g key={id}>
              <rect x={x1} y={y1} width={x2 - x1} height={y2 - y1} className="line-under" />
              <rect x={x1} y={y1} width={x2 - x1} height={y2 - y1} className="line-over" />
            </g>
          ))}
        </svg>
      )}
    </span>
  )
}
