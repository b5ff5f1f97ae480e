/**
 * Works on up to `concurrency` items at once and gives the results in the items' order. The source is drawn from only
 * as results are taken. Whoever leaves early, or a work that fails, aborts the works under way.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result> {
  const left = new AbortController()
  const started: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const running = work(item, left.signal)
      // Its turn to be awaited comes later: until then a rejection is nobody's.
      running.catch(() => {})
      started.push(running)
      if (started.length >= concurrency) yield await started.shift()!
    }
    while (started.length > 0) yield await started.shift()!
  } finally {
    left.abort()
    await Promise.allSettled(started)
  }
}
