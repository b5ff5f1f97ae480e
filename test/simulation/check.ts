import { ALL_FAULTS, type HistoryOptions, NO_FAULTS, runHistory } from './history.ts'
import type { Outcome } from './outcome.ts'

/** What the same work gives when nothing goes wrong. */
export const undisturbed = ({ methods }: Pick<HistoryOptions, 'methods'> = {}): Promise<Outcome> =>
  runHistory({ seed: 0, faults: NO_FAULTS, noise: 0, ...(methods && { methods }) })

/**
 * One history, judged. Odd seeds answer again with values that differ by 1e-6: there the transcript is the truth;
 * even seeds answer the same, and must end as the undisturbed history did, byte for byte.
 * @returns what is wrong; empty when nothing is
 */
export async function judge(
  reference: Outcome,
  options: Partial<HistoryOptions> & { seed: number },
): Promise<readonly string[]> {
  const noise = options.noise ?? (options.seed % 2 === 1 ? 1e-6 : 0)
  const outcome = await runHistory({ faults: ALL_FAULTS, ...options, noise })
  const broken = [...outcome.broken]
  if (outcome.finished && noise === 0 && outcome.signature !== reference.signature) {
    broken.push(`other bytes than the undisturbed history: ${firstDifference(reference.signature, outcome.signature)}`)
  }
  return broken
}

function firstDifference(expected: string, actual: string): string {
  const [left, right] = [expected.split('\n'), actual.split('\n')]
  const at = left.findIndex((line, i) => line !== right[i])
  return `${left[at]?.slice(0, 300)} ⇒ ${right[at]?.slice(0, 300)}`
}

export interface Failing {
  readonly seed: number
  readonly broken: readonly string[]
}

/** Judges the seeds [from, to) until one fails. */
export async function firstFailing(
  from: number,
  to: number,
  options: Partial<HistoryOptions> = {},
): Promise<Failing | undefined> {
  const reference = await undisturbed(options)
  for (let seed = from; seed < to; seed++) {
    const broken = await judge(reference, { ...options, seed })
    if (broken.length > 0) return { seed, broken }
  }
  return undefined
}

/** Two test files share them, one a core. */
export const HISTORIES = Number(process.env.FANLIGHT_HISTORIES ?? 10_000)
