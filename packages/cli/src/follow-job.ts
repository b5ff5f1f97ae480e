import type { JobSummary } from '@fanlight/contracts'
import { InputError, type Store, systemClock } from '@fanlight/ports'

const POLL_MS = 500

/**
 * Waits for a job to end: done, cancelled, or paused by somebody.
 * @param trouble rejects when no retry mends it
 * @throws the signal's reason when it aborts: the job goes on
 */
export async function followJob(
  { project, store }: { project: string; store: Store },
  job: string,
  {
    signal,
    trouble,
    onSummary,
  }: { signal: AbortSignal; trouble: Promise<never>; onSummary: (summary: JobSummary) => void },
): Promise<JobSummary> {
  // Listened to once: each race would leave a listener behind for as long as the job lasts.
  const troubled = new AbortController()
  trouble.catch((error: unknown) => troubled.abort(error))
  const either = AbortSignal.any([signal, troubled.signal])
  for (;;) {
    either.throwIfAborted()
    const summary = await store.getJob(project, job)
    if (!summary) throw new InputError('NOT_FOUND', `job ${job} is gone: somebody forgot it while it ran`)
    onSummary(summary)
    if (summary.state !== 'running') return summary
    await systemClock.sleep(POLL_MS, either)
  }
}
