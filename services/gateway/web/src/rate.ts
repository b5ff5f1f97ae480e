/** How much was done when. */
export interface Sample {
  readonly atMs: number
  readonly forwards: number
}

const WINDOW_MS = 20_000

/** Keeps what the last 20 seconds said. */
export function addSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS), sample]
}

/** Forwards a second over the samples; undefined until two of them lie a second apart. */
export function rateOf(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.atMs - first.atMs < 1000) return undefined
  return Math.max(0, ((last.forwards - first.forwards) / (last.atMs - first.atMs)) * 1000)
}

export interface Counts {
  readonly items: { waiting: number; open: number; done: number; failed: number; cancelled: number }
  readonly openForwards: { answered: number; asked: number }
  readonly endedForwards: number
}

export const forwardsOf = ({ openForwards, endedForwards }: Counts): number => openForwards.answered + endedForwards

/** Forwards still to come: what is asked, and for photos that wait as many as the others took; undefined before one is known. */
export function forwardsLeft({ items, openForwards, endedForwards }: Counts): number | undefined {
  const ended = items.done + items.failed
  const each = ended > 0 ? endedForwards / ended : items.open > 0 ? openForwards.asked / items.open : 0
  if (each === 0 && items.waiting > 0) return undefined
  return openForwards.asked - openForwards.answered + items.waiting * each
}
