import { median } from './machine.ts'
import { BUDGETS, type Judged, type Measured, MIDDLE } from './quality-measured.ts'
import { PLAYERS } from './quality-photos.ts'

/** Box sides in cells. */
const SIZES = [
  { name: '< 2', from: 0, to: 2 },
  { name: '2–4', from: 2, to: 4 },
  { name: '> 4', from: 4, to: Number.POSITIVE_INFINITY },
]
const GOOD = 0.1

/** Median relative squared errors, by budget and size. */
export function errorsTable(targets: readonly Judged[]): string[] {
  const head = ['estimator', ...BUDGETS.map(heading), `≤ .10 at ${MIDDLE}`, ...SIZES.map(({ name }) => `${name} cells`)]
  const names = [...new Set(targets.flatMap(({ errors }) => errors.map(({ estimator }) => estimator)))]
  const rows = names.map((name) => {
    const at = (forwards: number, of = targets) =>
      of.flatMap(({ errors }) => errors.filter((each) => isOf(each, name, forwards)).map(({ error }) => error))
    const good = at(MIDDLE).filter((error) => error <= GOOD).length
    const bySize = SIZES.map(({ from, to }) => {
      const sized = targets.filter(({ longerSideCells }) => longerSideCells >= from && longerSideCells < to)
      return `${middle(at(MIDDLE, sized))} (${sized.length})`
    })
    const budgets = BUDGETS.map((forwards) => (forwards === MIDDLE ? quartiles(at(MIDDLE)) : middle(at(forwards))))
    return [name, ...budgets, share(good, targets.length), ...bySize]
  })
  return table(head, rows)
}

const heading = (forwards: number): string => `${forwards}${forwards === MIDDLE ? ' [quartiles]' : ''}`

/** An estimator without forwards is the same whatever the budget. */
const isOf = ({ estimator, forwards }: Measured, name: string, budget: number): boolean =>
  estimator === name && (forwards === budget || forwards === 0)

export function aroundTable(targets: readonly (readonly Measured[])[]): string[] {
  const names = [...new Set(targets.flatMap((of) => of.map(({ estimator }) => estimator)))]
  const rows = names.map((name) => {
    const errors = targets.flatMap((of) => of.filter(({ estimator }) => estimator === name).map(({ error }) => error))
    return [name, quartiles(errors), share(errors.filter((error) => error <= GOOD).length, errors.length)]
  })
  return table(['estimator', `error at ${MIDDLE} [quartiles]`, '≤ .10'], rows)
}

/** Medians over targets of the correlation of two seeds. */
export function agreementTable(targets: readonly Judged[]): string[] {
  const names = [...new Set(targets.flatMap(({ agreements }) => agreements.map(({ estimator }) => estimator)))]
  const rows = names.map((name) => {
    const of = targets.flatMap(({ agreements }) => agreements.filter(({ estimator }) => estimator === name))
    const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null)
    return [name, quartiles(known(of.map(({ learned }) => learned))), quartiles(known(of.map(({ raw }) => raw)))]
  })
  return table([`two seeds at ${MIDDLE}`, 'less prior or box Gaussian [quartiles]', 'raw [quartiles]'], rows)
}

export function coverageOf(targets: readonly Judged[]): string {
  const all = targets.length * PLAYERS
  const sum = (kind: keyof Judged['covered']) => targets.reduce((total, { covered }) => total + covered[kind], 0)
  return `${share(sum('widened'), all)}; ${share(sum('plain'), all)} without allowing for the reference’s own noise`
}

export const noiseOf = (targets: readonly Judged[]): string => quartiles(targets.map(({ noise }) => noise))

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `| --- |${' ---: |'.repeat(head.length - 1)}`, ...rows.map(line)]
}

const middle = (values: readonly number[]): string => (values.length > 0 ? median(values).toFixed(3) : '–')

function quartiles(values: readonly number[]): string {
  if (values.length === 0) return '–'
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => {
    const place = share * (sorted.length - 1)
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
    return (low + (place % 1) * (high - low)).toFixed(3)
  }
  return `${at(0.5)} [${at(0.25)} ${at(0.75)}]`
}

const share = (some: number, all: number): string => (all > 0 ? (some / all).toFixed(2).replace(/^0\./, '.') : '–')
