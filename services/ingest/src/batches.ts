import type { Clock } from '@fanlight/ports'

export interface BatchOptions {
  readonly clock: Clock
  /** Asked before each; from 1. */
  readonly size: () => number
  /** How long the first of a batch waits for the others, in milliseconds. */
  readonly waitMs: number
}

/**
 * What is found, in order, in batches: full ones, and what there is when its first has waited for so long. Takes no
 * more than fits into the batch. When `found` fails, what was found before comes first, then its error.
 */
export async function* inBatches<T>(
  found: AsyncIterable<T> | Iterable<T>,
  { clock, size, waitMs }: BatchOptions,
): AsyncGenerator<readonly T[], void, undefined> {
  const stream = each(found)
  const taken = taker(stream)
  try {
    for (let end: End | undefined; !end; ) {
      const batch: T[] = []
      const limit = size()
      const filled = new AbortController()
      let due: Promise<'due'> | undefined
      while (batch.length < limit && !end) {
        const step = await (due ? Promise.race([taken.next(), due]) : taken.next())
        if (step === 'due') break
        taken.done()
        if ('value' in step) batch.push(step.value)
        else end = step
        due ??= clock.sleep(waitMs, filled.signal).then(() => 'due' as const)
      }
      filled.abort()
      if (batch.length > 0) yield batch
      if (end?.error) throw end.error.cause
    }
  } finally {
    await stream.return()
  }
}

interface End {
  readonly error?: { readonly cause: unknown }
}

type Step<T> = { readonly value: T } | End

/** The next one, asked for once however often it is waited for; it never rejects, since nobody may be waiting. */
function taker<T>(stream: AsyncGenerator<T, void>) {
  let asked: Promise<Step<T>> | undefined
  return {
    next(): Promise<Step<T>> {
      asked ??= stream.next().then(
        (step): Step<T> => (step.done ? {} : { value: step.value }),
        (cause: unknown): Step<T> => ({ error: { cause } }),
      )
      return asked
    },
    done(): void {
      asked = undefined
    },
  }
}

async function* each<T>(found: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void> {
  yield* found
}
