import { type CursorKeys, decodeCursor, encodeCursor, type Page, type Paging } from '@fanlight/ports'

export interface Order<Row> {
  /** What rows are ordered by, ascending. */
  readonly keysOf: (row: Row) => CursorKeys
  readonly types: readonly ('string' | 'number')[]
}

/** Sorts and cuts. A cursor holds the last row's keys, so it stays good when rows come and go. */
export function pageOf<Row>(rows: Iterable<Row>, { after, limit }: Paging, { keysOf, types }: Order<Row>): Page<Row> {
  const cursor = after === undefined ? undefined : decodeCursor(after, types)
  const rest = [...rows]
    .map((row) => ({ row, keys: keysOf(row) }))
    .filter(({ keys }) => cursor === undefined || compareKeys(keys, cursor) > 0)
    .sort((a, b) => compareKeys(a.keys, b.keys))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const next = last && rest.length > limit ? encodeCursor(last.keys) : undefined
  return { rows: page.map(({ row }) => row), next }
}

/** Order of code points, as the bytes of UTF-8 have it: JavaScript's `<` orders emoji before some other characters. */
export const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function compareKeys(a: CursorKeys, b: CursorKeys): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? ''
    const order = typeof left === 'number' ? left - Number(right) : compareText(left, String(right))
    if (order !== 0) return order
  }
  return 0
}
