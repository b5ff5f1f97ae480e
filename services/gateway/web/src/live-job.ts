import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { eventsUrl, type JobProgress, type JobSummary, jobQuery } from './api.ts'
import { addSample, forwardsOf, rateOf, type Sample } from './rate.ts'

const GRID_REFRESH_MS = 3000

/** Keeps a job's cached summary as fresh as its event stream, and its photos nearly so. */
export function useLiveJob(job: string): { rate: number | undefined } {
  const client = useQueryClient()
  const [samples, setSamples] = useState<readonly Sample[]>([])

  useEffect(() => {
    let refreshedAt = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const refreshPhotos = () => {
      refreshedAt = Date.now()
      timer = undefined
      void client.invalidateQueries({ queryKey: ['items', job] })
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
      events.close()
      setSamples([])
    }
  }, [client, job])

  return { rate: rateOf(samples) }
}
