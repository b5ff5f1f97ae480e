import { type CountedTarget, InputError, storable } from '@fanlight/ports'

interface Sum {
  readonly method: string
  readonly key: string
  targets: number
  readonly sums: bigint[]
}

/** What some targets add to each aggregate of their job. */
export class Sums {
  readonly #byKey = new Map<string, Sum>()

  /** @throws InputError `MESSAGE_INVALID` for deltas of one key with different lengths */
  add({ method, aggregates }: Omit<CountedTarget, 'target'>): void {
    const touched = new Set<Sum>()
    for (const { key, sums } of aggregates) {
      const sum = this.#sumOf(method, storable(key), sums.length)
      for (const [i, value] of sums.entries()) sum.sums[i]! += value
      touched.add(sum)
    }
    for (const sum of touched) sum.targets += 1
  }

  /** As rows for SQL: `sums` is the text of an array of numeric. */
  rows(sign: 1n | -1n): { method: string; key: string; targets: number; sums: string }[] {
    return [...this.#byKey.values()].map(({ method, key, targets, sums }) => ({
      method,
      key,
      targets: Number(sign) * targets,
      sums: `{${sums.map((value) => sign * value).join()}}`,
    }))
  }

  #sumOf(method: string, key: string, length: number): Sum {
    const at = JSON.stringify([method, key])
    const known = this.#byKey.get(at)
    if (known?.sums.length === length) return known
    if (known) {
      const message = `aggregate ${method} ${JSON.stringify(key)} has ${known.sums.length} sums, not ${length}`
      throw new InputError('MESSAGE_INVALID', `${message}: raise the method's version`)
    }
    const sum: Sum = { method, key, targets: 0, sums: new Array<bigint>(length).fill(0n) }
    this.#byKey.set(at, sum)
    return sum
  }
}
