import { InputError, type Page, type Paging } from '@fanlight/ports'

type Keys = readonly (string | number)[]

/**
 * Sorts and cuts. A cursor holds the last row's keys, so it stays good when rows come and go.
 * @param keysOf what the order is by, ascending
 * @throws InputError `USAGE` for an `after` that is no cursor
 */
export function pageOf<Row>(rows: Iterable<Row>, { after, limit }: Paging, keysOf: (row: Row) => Keys): Page<Row> {
  const cursor = after === undefined ? undefined : decodeCursor(after)
  const rest = [...rows]
    .map((row) => ({ row, keys: keysOf(row) }))
    .filter(({ keys }) => cursor === undefined || compareKeys(keys, cursor) > 0)
    .sort((a, b) => compareKeys(a.keys, b.keys))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const next = last && rest.length > limit ? Buffer.from(JSON.stringify(last.keys)).toString('base64url') : undefined
  return { rows: page.map(({ row }) => row), next }
}

/** Order of code points, as the bytes of UTF-8 have it: JavaScript's `<` orders emoji before some other characters. */
export const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function compareKeys(a: Keys, b: Keys): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? ''
    const order = typeof left === 'number' ? left - Number(right) : compareText(left, String(right))
    if (order !== 0) return order
  }
  return 0
}

function decodeCursor(after: string): Keys {
  try {
    const keys: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string' || typeof key === 'number')) return keys
  } catch {}
  throw new InputError('USAGE', `${JSON.stringify(after)} is no cursor of a page: pass the one that came with it`)
}
