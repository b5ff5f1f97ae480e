import { Alert, Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { changeJob, type JobSummary, jobQuery } from '../api.ts'

/** Pause, resume, cancel: what the job's state leaves open. Cancelling is for good, so it asks once more. */
export function JobActions({ job }: { job: JobSummary }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: (change: 'pause' | 'resume' | 'cancel') => changeJob(job.id, change),
    onSettled: () => {
      setAsking(false)
      return client.invalidateQueries({ queryKey: jobQuery(job.id).queryKey })
    },
  })
  if (job.state === 'done' || job.state === 'cancelled') return null
  return (
    <div className="actions">
      {job.state === 'running' ? (
        <Button size="xs" variant="default" disabled={isPending} onClick={() => mutate('pause')}>
          Pause
        </Button>
      ) : (
        <Button size="xs" disabled={isPending} onClick={() => mutate('resume')}>
          Resume
        </Button>
      )}
      {asking ? (
        <>
          <Button size="xs" color="red" disabled={isPending} onClick={() => mutate('cancel')}>
            Cancel it for good
          </Button>
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
        </>
      ) : (
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          Cancel
        </Button>
      )}
      {error && (
        <Alert color="red" role="alert">
          {error.message}
        </Alert>
      )}
    </div>
  )
}
