import { doubtsInWords } from '@fanlight/explain/diagnosis'
import { noMapOf } from '@fanlight/explain/words'
import Table from 'cli-table3'
import { shorten } from '../escape.ts'
import type { AttributionRow } from './attribution-row.ts'

const percent = (share: number | null) => (share === null ? '–' : `${Math.round(100 * share)} %`)
const fixed = (value: number | null) => (value === null ? '–' : value.toFixed(2))

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid'])
    .map((place) => [place, '']),
)

/** Rows of cells under a head, without lines: for eyes and for `cut`. Cells must be safe to print. */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    chars: { ...NO_LINES, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replace(/ +$/gm, '')
}

/** Names and what they are, without a head. */
export const factsTable = (rows: readonly (readonly string[])[]): string => plainTable(['', ''], rows).trimStart()

/** The detections by photo, the surest first, with their numbers in words that fit a terminal. */
export function resultsTable(rows: readonly AttributionRow[], limit: number): string {
  const ordered = rows.toSorted(
    (a, b) =>
      (a.image.path < b.image.path ? -1 : a.image.path > b.image.path ? 1 : 0) || b.target.score - a.target.score,
  )
  const several = new Set(rows.map(({ target }) => target.objective)).size > 1
  const head = ['photo', 'detection', 'score', 'method', 'inside box', 'outside', 'stability', 'note']
  const cells = ordered
    .slice(0, limit)
    .map(({ image, target, method, inBoxEnergy, stability, gradient, doubts }) => [
      shorten(image.path, 36),
      shorten(several ? `${target.label}/${target.objective}` : target.label, 24),
      fixed(target.score),
      method,
      percent(inBoxEnergy),
      percent(inBoxEnergy === null ? null : 1 - inBoxEnergy),
      fixed(stability),
      noteOf({ target, gradient, doubts }),
    ])
  return plainTable(head, cells, [2, 4, 5, 6])
}

/** The worst there is to say of a map, in a clause. */
function noteOf({ target, gradient, doubts }: Pick<AttributionRow, 'target' | 'gradient' | 'doubts'>): string {
  const { objective, unexplainable } = target
  const noMap = noMapOf(gradient ?? undefined, objective)
  if (noMap) return `no map: ${noMap.cause}`
  const [worst, ...others] = doubtsInWords(doubts ?? [], objective)
  if (worst) return `⚠ ${worst.cause}${others.length > 0 ? `, and ${others.length} more` : ''}`
  // Of an older Fanlight, which had no other doubts.
  return unexplainable && doubts === null ? '⚠ scores without evidence' : ''
}
