import type { JobProgress } from '../api.ts'
import { plural } from '../words.ts'

export const totalOf = ({ items }: Pick<JobProgress, 'items'>): number =>
  items.waiting + items.open + items.done + items.failed + items.cancelled

/** How many of a job's photos have ended, and how. */
export function ProgressBar({ job }: { job: Pick<JobProgress, 'items' | 'sealed'> }) {
  const { done, failed, cancelled } = job.items
  const total = totalOf(job)
  const ended = done + failed + cancelled
  const part = (count: number) => `${total > 0 ? (100 * count) / total : 0}%`
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label="Photos explained"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={ended}
      aria-valuetext={`${ended} of ${plural(total, 'photo')}`}
    >
      <span className="progress-done" style={{ width: part(done) }} />
      <span className="progress-failed" style={{ width: part(failed) }} />
      <span className="progress-cancelled" style={{ width: part(cancelled) }} />
    </div>
  )
}
