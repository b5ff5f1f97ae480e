import { useState } from 'react'
import { type ItemView, photoUrl } from '../api.ts'
import { visible } from '../words.ts'

/** The photo alone. */
export function PhotoView({ job, item }: { job: string; item: ItemView }) {
  const [broken, setBroken] = useState(item.image === null)
  if (broken) return <p className="quiet">There is no picture to show.</p>
  return (
    <img
      className="photo"
      src={photoUrl(job, item.id, 1280)}
      alt={visible(item.name)}
      onError={() => setBroken(true)}
    />
  )
}
