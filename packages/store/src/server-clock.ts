import { type Clock, systemClock } from '@fanlight/ports'

const MEASURE_EVERY_MS = 60_000
const SAMPLES = 3

/**
 * The time of a server that many processes share: leases and ages mean the same to all of them, whatever their own
 * clocks say. Between measurements it goes on with this process's monotonic clock. It never goes back: when the
 * server's time does, it stands still until that has come up.
 * @param ask the server's time, in milliseconds since the epoch
 */
export async function serverClock(ask: () => Promise<number>): Promise<Clock & Disposable> {
  let offset = await measure(ask)
  let latest = Number.NEGATIVE_INFINITY
  const timer = setInterval(async () => {
    // A server that is away is told of by whoever calls it.
    offset = await measure(ask).catch(() => offset)
  }, MEASURE_EVERY_MS)
  timer.unref()
  return {
    now() {
      latest = Math.max(latest, Math.floor(performance.now() + offset))
      return latest
    },
    sleep: systemClock.sleep,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** The shortest round trip says best when the server looked at its clock. @returns its time minus performance.now() */
async function measure(ask: () => Promise<number>): Promise<number> {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, offset: 0 }
  for (let i = 0; i < SAMPLES; i++) {
    const before = performance.now()
    const time = await ask()
    const roundTripMs = performance.now() - before
    if (roundTripMs < best.roundTripMs) best = { roundTripMs, offset: time - (before + roundTripMs / 2) }
  }
  return best.offset
}
