import { useDocumentVisibility } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { aggregatesQuery, eventsUrl, type JobProgress, type JobSummary, jobQuery } from './api.ts'
import { addSample, forwardsOf, rateOf, type Sample } from './rate.ts'

const GRID_REFRESH_MS = 3000

/**
 * Keeps a job's cached summary as fresh as its event stream, and its photos nearly so. Listens only while the job can
 * move and the page is seen: a browser has six connections for one server, over all its tabs.
 */
export function useLiveJob(job: string, state: JobSummary['state'] | undefined): { rate: number | undefined } {
  const client = useQueryClient()
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const seen = useDocumentVisibility() !== 'hidden'
  const listens = seen && (state === 'running' || state === 'paused')

  useEffect(() => {
    if (!listens) return
    let refreshedAt = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const refreshPhotos = () => {
      refreshedAt = Date.now()
      timer = undefined
      void client.invalidateQueries({ queryKey: ['items', job] })
      void client.invalidateQueries({ queryKey: aggregatesQuery(job).queryKey })
    }
    const events = new EventSource(eventsUrl(job))
    events.addEventListener('progress', ({ data }) => {
      const progress: JobProgress = JSON.parse(data)
      setSamples((before) => addSample(before, { atMs: Date.now(), forwards: forwardsOf(progress) }))
      client.setQueryData<JobSummary>(jobQuery(job).queryKey, (summary) => summary && { ...summary, ...progress })
      timer ??= setTimeout(refreshPhotos, Math.max(0, refreshedAt + GRID_REFRESH_MS - Date.now()))
    })
    return () => {
      clearTimeout(timer)
      // What the last event told of is not in the grid yet.
      if (timer !== undefined) refreshPhotos()
      events.close()
      setSamples([])
    }
  }, [client, job, listens])

  return { rate: rateOf(samples) }
}
