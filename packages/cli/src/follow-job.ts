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
  for (;;) {
    signal.throwIfAborted()
    const summary = await store.getJob(project, job)
    if (!summary) throw new InputError('NOT_FOUND', `job ${job} is gone: somebody forgot it while it ran`)
    onSummary(summary)
    if (summary.state !== 'running') return summary
    await Promise.race([systemClock.sleep(POLL_MS, signal), trouble])
  }
}
