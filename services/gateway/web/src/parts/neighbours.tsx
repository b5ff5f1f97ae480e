import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { itemsQuery } from '../api.ts'

/** The way to the photos before and after, as far as the job's list has been read. */
export function Neighbours({ job, item }: { job: string; item: string }) {
  const { data } = useInfiniteQuery({ ...itemsQuery(job, {}), staleTime: 60_000 })
  const items = data?.pages.flatMap((page) => page.items) ?? []
  const at = items.findIndex(({ id }) => id === item)
  if (at < 0) return null
  return (
    <nav aria-label="Other photos" className="neighbours">
      <Step job={job} item={items[at - 1]?.id} text="← previous" />
      <Step job={job} item={items[at + 1]?.id} text="next photo →" />
    </nav>
  )
}

function Step({ job, item, text }: { job: string; item: string | undefined; text: string }) {
  if (item === undefined) return null
  return (
    <Link to="/jobs/$job/items/$item" params={{ job, item }} search={({ t: _, ...kept }) => kept}>
      {text}
    </Link>
  )
}
