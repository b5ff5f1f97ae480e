import type { FastifyReply } from 'fastify'
import type { watchJobs } from './job-watch.ts'

const MAX_WAIT_S = 30
/** Who comes when so many wait is answered at once, as RFC 7240 leaves free. */
const MAX_WAITING = 200

/** How long an answer may wait, by `Prefer: wait=N` (RFC 7240): seconds, none and what is no number being 0. */
export function waitOf(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '') ?? []
  return Math.min(Number(seconds ?? 0), MAX_WAIT_S)
}

/** Waits for ends of jobs on behalf of those who asked to. */
export function jobWaits(watch: ReturnType<typeof watchJobs>) {
  let waiting = 0
  return {
    /**
     * Returns when the job has ended, the time is over, or nobody listens any more.
     * @returns whether it waited at all
     */
    async ended(id: string, seconds: number, reply: FastifyReply): Promise<boolean> {
      if (seconds === 0 || waiting >= MAX_WAITING) return false
      waiting += 1
      try {
        const now = await watch.read(id)
        if (now && !isOver(now.job.state) && !reply.raw.destroyed) {
          await new Promise<void>((resolve) => {
            const leave = () => {
              clearTimeout(timer)
              stop()
              resolve()
            }
            const stop = watch.watch(id, now, ({ job }) => isOver(job.state) && leave())
            const timer = setTimeout(leave, seconds * 1000)
            reply.raw.once('close', leave)
          })
        }
        return true
      } finally {
        waiting -= 1
      }
    },
  }
}

const isOver = (state: string): boolean => state === 'done' || state === 'cancelled'
