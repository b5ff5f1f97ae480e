/** Seconds until it is worth asking again, from how long explanations took of late. */
export function pace() {
  // Before any is measured: a thousand masks of a small detector on two cores.
  let usualMs = 20_000
  return {
    /** Wall time of an explanation that ended, from its first question. */
    measured(durationMs: number): void {
      usualMs += (durationMs - usualMs) / 8
    },
    /** When one among those that wait will have ended, so that there is room for another. */
    untilRoom: () => seconds(usualMs),
    /** When one that has `waiting` before it may be done: asked for too early costs a request, too late only time. */
    untilDone: (waiting: number) => seconds((usualMs * (1 + waiting)) / 4),
  }
}

const seconds = (ms: number): number => Math.min(30, Math.max(1, Math.ceil(ms / 1000)))
