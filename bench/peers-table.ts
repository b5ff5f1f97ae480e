import { median } from './machine.ts'
import type { Result } from './peers-result.ts'

const HEAD = [
  'explainer',
  'forwards a photo',
  's a photo, all targets',
  'with pictures',
  's a photo, one target',
  'CPU s a photo, all targets',
  'ins − del, known fill',
  'unknown fill',
  'Shapley error',
  'correlation with it',
  'seed to seed',
]

/** Rows of a table a budget; medians over pairs of photos, or over targets. */
export function printTables(results: readonly Result[], what: string): void {
  for (const forwards of new Set(results.map((each) => each.forwards))) {
    const rows = byContender(results.filter((each) => each.forwards === forwards))
    console.log(`\n## ${forwards} forwards: ${what}\n`)
    console.log(`| ${HEAD.join(' | ')} |\n| --- |${' ---: |'.repeat(HEAD.length - 1)}`)
    for (const [name, of] of rows) console.log(`| ${[name, ...cellsOf(of)].join(' | ')} |`)
    printRatios(rows)
  }
  console.log('')
  for (const [name, [first]] of byContender(results)) {
    console.log(`- ${name}: ${first!.contender.explains}; ${first!.contender.way}`)
  }
  printEqualQuality(results)
}

function cellsOf(of: readonly Result[]): string[] {
  const all = of.flatMap((each) => each.all)
  const scores = of.flatMap((each) => each.scores)
  return [
    text(median(all.flatMap(({ forwards }) => forwards)), 0),
    text(median(all.map(({ seconds }) => seconds / 2))),
    text(middle(all.map(({ withPictures }) => withPictures && withPictures / 2))),
    text(middle(of.map(({ one }) => one && one.seconds / 2))),
    text(median(all.map((made) => made.cpuSeconds / 2))),
    text(mean(scores.map(({ known }) => known)), 3),
    text(mean(scores.map(({ unknown }) => unknown)), 3),
    text(middle(scores.map(({ error }) => error)), 3),
    text(middle(scores.map(({ likeness }) => likeness)), 3),
    text(middle(of.flatMap(({ seeds }) => seeds)), 3),
  ]
}

type Rows = ReadonlyMap<string, readonly Result[]>

/** Ours ÷ the fastest peer, pair by pair. */
function printRatios(rows: Rows): void {
  const isOurs = (of: readonly Result[]) => of[0]!.contender.isOurs
  const secondsOf = (of: readonly Result[]) => median(of.map(({ all }) => all[0]!.seconds / 2))
  const [fastest] = [...rows].filter(([, of]) => !isOurs(of)).toSorted(([, a], [, b]) => secondsOf(a) - secondsOf(b))
  if (!fastest) return
  console.log(
    `\nThe fastest peer: ${fastest[0]}, ${text(secondsOf(fastest[1]))} s a photo. Ours ÷ it, lowest to highest:\n`,
  )
  for (const [name, of] of rows) {
    if (!isOurs(of)) continue
    const ratio = (what: string, spent: (result: Result, isPeer: boolean) => Maybe): string => {
      const each = of.map((result, i) => (spent(result, false) ?? Number.NaN) / (spent(fastest[1][i]!, true) ?? 1))
      if (each.some(Number.isNaN)) return ''
      return `; ${what} ${text(median(each))} (${text(Math.min(...each))} to ${text(Math.max(...each))})`
    }
    const said = [
      ratio('all targets', ({ all }) => median(all.map(({ seconds }) => seconds))),
      ratio('with pictures', ({ all }, isPeer) => (isPeer ? all[0]!.seconds : all[0]!.withPictures)),
      ratio('one target', ({ one }) => one?.seconds),
      ratio('CPU', ({ all }) => median(all.map(({ cpuSeconds }) => cpuSeconds))),
    ]
    console.log(`- ${name}${said.join('').replace(';', ':')}`)
  }
}

/** The fewest forwards with which each reaches what D-RISE of Python reaches with its most. */
function printEqualQuality(results: readonly Result[]): void {
  const most = Math.max(...results.map(({ forwards }) => forwards))
  const drise = results.filter(({ contender, forwards }) => contender.name.includes('DRISE') && forwards === most)
  for (const fill of ['known', 'unknown'] as const) {
    const gain = (of: readonly Result[]) => mean(of.flatMap(({ scores }) => scores.map((each) => each[fill])))
    const goal = gain(drise)
    if (goal === undefined) return
    console.log(
      `\nInsertion − deletion of Python’s D-RISE at ${most} forwards, ${fill} fill: ${text(goal, 3)}. It takes\n`,
    )
    for (const [name, of] of byContender(results)) {
      const budgets = [...new Set(of.map(({ forwards }) => forwards))].sort((a, b) => a - b)
      const enough = budgets.find((budget) => (gain(of.filter(({ forwards }) => forwards === budget)) ?? -1) >= goal)
      console.log(`- ${name}: ${enough ?? `more than ${budgets.at(-1)}`} forwards`)
    }
  }
}

function byContender(results: readonly Result[]): Map<string, Result[]> {
  const by = new Map<string, Result[]>()
  for (const result of results) by.set(result.contender.name, [...(by.get(result.contender.name) ?? []), result])
  return by
}

type Maybe = number | null | undefined

const numbers = (values: readonly Maybe[]): number[] => values.filter((value) => typeof value === 'number')

function middle(values: readonly Maybe[]): number | undefined {
  const known = numbers(values)
  return known.length > 0 ? median(known) : undefined
}

function mean(values: readonly Maybe[]): number | undefined {
  const known = numbers(values)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : undefined
}

const text = (value: Maybe, digits = 2): string => (typeof value === 'number' ? value.toFixed(digits) : '–')
