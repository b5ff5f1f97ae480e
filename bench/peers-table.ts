import { median } from './machine.ts'
import type { Contender, Made, Shown } from './peers-contenders.ts'
import type { Scores } from './peers-scores.ts'

/** What one contender made of one pair of photos. */
export interface Result {
  readonly contender: Contender
  readonly forwards: number
  /** All targets, once a seed. */
  readonly all: readonly Made[]
  /** The first target of each photo. */
  readonly one: Made
  /** One a target of the pair. */
  readonly scores: readonly Scores[]
  readonly seeds: readonly (number | null)[]
}

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

/** Rows of a table; medians over pairs of photos, or over targets. */
export function printTables(results: readonly Result[], shown: readonly Shown[]): void {
  const targets = shown.reduce((sum, photo) => sum + photo.targets.length, 0)
  for (const forwards of new Set(results.map((each) => each.forwards))) {
    const rows = byContender(results.filter((each) => each.forwards === forwards))
    console.log(`\n## ${forwards} forwards: ${shown.length} photos, ${targets} targets\n`)
    console.log(`| ${HEAD.join(' | ')} |\n| --- |${' ---: |'.repeat(HEAD.length - 1)}`)
    for (const [{ name }, of] of rows) console.log(`| ${[name, ...cellsOf(of)].join(' | ')} |`)
    printRatios(rows)
  }
  console.log('')
  for (const [{ name, explains, way }] of byContender(results)) console.log(`- ${name}: ${explains}; ${way}`)
  printEqualQuality(results)
}

function cellsOf(of: readonly Result[]): string[] {
  const photos = of.flatMap(({ all }) => all.flatMap((made) => made.photos))
  const scores = of.flatMap((each) => each.scores)
  return [
    text(median(photos.map(({ forwards }) => forwards)), 0),
    text(median(of.flatMap(secondsOf))),
    text(middle(of.flatMap(({ all }) => all.map(({ withPictures }) => withPictures && withPictures / 2)))),
    text(median(of.map(({ one }) => one.seconds / 2))),
    text(median(of.flatMap(({ all }) => all.map((made) => made.cpuSeconds / 2)))),
    text(mean(scores.map(({ known }) => known)), 3),
    text(mean(scores.map(({ unknown }) => unknown)), 3),
    text(middle(scores.map(({ error }) => error)), 3),
    text(middle(scores.map(({ likeness }) => likeness)), 3),
    text(middle(of.flatMap(({ seeds }) => seeds)), 3),
  ]
}

/** Seconds a photo, once a seed. */
const secondsOf = ({ all }: Result): number[] => all.map(({ seconds }) => seconds / 2)

/** Ours ÷ the fastest peer, pair by pair: where a peer explains one target at a time, by its time for one. */
function printRatios(rows: ReadonlyMap<Contender, readonly Result[]>): void {
  const peers = [...rows].filter(([{ isOurs }]) => !isOurs)
  const [fastest] = peers.toSorted(([, a], [, b]) => onePhoto(a) - onePhoto(b))
  if (!fastest) return
  console.log(`\nThe fastest peer for one target: ${fastest[0].name}, ${text(onePhoto(fastest[1]))} s a photo.`)
  for (const [{ name, isOurs }, of] of rows) {
    if (!isOurs) continue
    const ratios = of.map(({ one }, i) => one.seconds / fastest[1][i]!.one.seconds)
    const all = of.map(({ all: made }, i) => made[0]!.withPictures! / fastest[1][i]!.all[0]!.seconds)
    const said = [ratios, all].map(
      (each) => `${text(median(each))} (${text(Math.min(...each))} to ${text(Math.max(...each))})`,
    )
    console.log(`- ${name} ÷ it: ${said[0]} for one target; all targets, ours with pictures: ${said[1]}`)
  }
}

const onePhoto = (of: readonly Result[]): number => median(of.map(({ one }) => one.seconds / 2))

/** The fewest forwards with which each reaches what D-RISE of Python reaches with its most. */
function printEqualQuality(results: readonly Result[]): void {
  const gain = (of: readonly Result[]) => mean(of.flatMap(({ scores }) => scores.map(({ unknown }) => unknown)))
  const most = Math.max(...results.map(({ forwards }) => forwards))
  const drise = results.filter(({ contender, forwards }) => contender.name.includes('DRISE') && forwards === most)
  const goal = gain(drise)
  if (goal === undefined) return
  console.log(`\nInsertion − deletion of Python’s D-RISE at ${most} forwards, unknown fill: ${text(goal, 3)}. It takes`)
  for (const [{ name }, of] of byContender(results)) {
    const budgets = [...new Set(of.map(({ forwards }) => forwards))].sort((a, b) => a - b)
    const enough = budgets.find((budget) => (gain(of.filter(({ forwards }) => forwards === budget)) ?? -1) >= goal)
    console.log(`- ${name}: ${enough ?? `more than ${budgets.at(-1)}`} forwards`)
  }
}

function byContender(results: readonly Result[]): Map<Contender, Result[]> {
  const by = new Map<Contender, Result[]>()
  for (const result of results) by.set(result.contender, [...(by.get(result.contender) ?? []), result])
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
