import type { Clock } from '@fanlight/ports'

export interface ManualClock extends Clock {
  /** Moves time on and wakes who slept until then, in order. */
  advance(ms: number): void
}

/** Time that moves only when it is told to. Starts in 2026, so that nothing depends on small numbers. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const sleepers = new Set<{ until: number; wake: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve()
        const sleeper = { until: now + ms, wake }
        function wake() {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    advance(ms) {
      now += ms
      for (const { until, wake } of [...sleepers].sort((a, b) => a.until - b.until)) if (until <= now) wake()
    },
  }
}
