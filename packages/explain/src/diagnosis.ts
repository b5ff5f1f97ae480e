import type { AttributionRecord, Doubt, DoubtCode, Objective } from '@fanlight/contracts'
import { type Doubtable, doubtsOf } from './doubts.ts'
import { isSigned, noMapOf, type Reason, short } from './words.ts'

export { doubtLimits } from './doubts.ts'

// How far a map can be believed, in words. No code but its neighbours: browsers load it, too.

/** Why a map should not be believed; of a record of an older Fanlight what its numbers tell. */
export const whyDoubted = (made: Doubtable & Pick<AttributionRecord, 'doubts'>): readonly Reason[] =>
  doubtsInWords(made.doubts ?? doubtsOf(made), made.target.objective)

/** What stands on a picture of a map, as overlays take it: how it is coloured, and whatever must not be overlooked. */
export function overlayWords(record: Omit<AttributionRecord, 'map' | 'interval'>, method: string): OverlayWords {
  const { target, gradient } = record
  const noMap = noMapOf(gradient, target.objective)
  const [worst, ...others] = whyDoubted(record)
  const causes = [worst, ...others].flatMap((reason) => reason?.cause ?? []).join(', ')
  return {
    label: `${target.label} ${target.score.toFixed(2)} · ${target.objective} · ${method}`,
    ...(isSigned(method) && { colours: 'signed' as const }),
    ...(noMap && { instead: `No map: ${noMap.cause}.\n${noMap.meaning}` }),
    ...(worst && !noMap && { caution: `⚠ Doubtful: ${causes}\n${worst.meaning}` }),
  }
}

export interface OverlayWords {
  readonly label: string
  readonly colours?: 'signed'
  readonly instead?: string
  readonly caution?: string
}

/** What doubts say of a map, in their order; a cause is at most some 30 characters, for tables. */
export const doubtsInWords = (doubts: readonly Doubt[], objective: Objective): readonly Reason[] =>
  doubts.map((doubt) => ({
    cause: `${doubtCauses[doubt.code]} (${figureOf(doubt)})`,
    meaning: `${meaningOf(doubt)} ${remedyOf(doubt, objective)}`,
  }))

/** `saturated` is doubted above its limit by runs that hide something, below it by the slope of a gradient. */
const isFlat = ({ code, value, limit }: Doubt) => code === 'saturated' && value < limit

function figureOf(doubt: Doubt): string {
  const { code, value } = doubt
  if (isFlat(doubt)) return `slope ${short(value)}`
  if (code === 'nothing-there') return short(value)
  if (code === 'poor-fit') return `R² ${twoDigits(value)}`
  if (code === 'unstable' || code === 'fill-sensitive') return twoDigits(value)
  return code === 'uncertain' ? `± ${Math.round(50 * value)} %` : `${Math.round(100 * value)} %`
}

/** With a real minus sign. */
const twoDigits = (value: number) => value.toFixed(2).replace('-', '−')

const doubtCauses: Readonly<Record<DoubtCode, string>> = {
  'nothing-there': 'nothing there',
  saturated: 'saturated',
  'scores-when-empty': 'scores without evidence',
  unstable: 'unstable',
  uncertain: 'uncertain',
  'mostly-prior': 'mostly assumed',
  'poor-fit': 'poor fit',
  'efficiency-gap': 'does not add up',
  'fill-sensitive': 'depends on the fill',
}

const doubtMeanings: Readonly<Record<DoubtCode, (figure: string) => string>> = {
  'nothing-there': (figure) =>
    `The detector answers ${figure} for this box and class: there is hardly anything that parts of the photo could explain.`,
  saturated: (figure) =>
    `In ${figure} of the runs the value stayed where it was, whatever was hidden: the map rests on the few others.`,
  'scores-when-empty': (figure) =>
    `With everything hidden ${figure} of the value is left: what the photo shows explains little of it.`,
  unstable: (figure) => `Runs like this one agree by ${figure} only (correlation): another would draw another picture.`,
  uncertain: (figure) =>
    `One part of the photo is known to ${figure} of all evidence only: parts may stand in the wrong order.`,
  'mostly-prior': (figure) => `${figure} of this map is what the method assumed, not what the detector answered.`,
  'poor-fit': (figure) =>
    `The fitted model follows little of how the answers vary (${figure}): its coefficients leave out the rest.`,
  'efficiency-gap': (figure) =>
    `The parts missed ${figure} of the evidence there is, before it was shared out among them.`,
  'fill-sensitive': (figure) =>
    `What stands where parts are hidden decides the ranking: under another fill the answers correlate by ${figure}.`,
}

function meaningOf(doubt: Doubt): string {
  const figure = figureOf(doubt)
  if (!isFlat(doubt)) return doubtMeanings[doubt.code](figure)
  return `The value stands where hardly any small change moves it (${figure}): its gradient is tiny, whatever matters.`
}

const doubtRemedies: Readonly<Record<DoubtCode, string>> = {
  'nothing-there':
    'Ask for a box and class that it detects, or for a loss term, by a method with gradients: that says what is missing.',
  saturated: 'Ask for larger parts to be hidden, or for a fill that hides more.',
  'scores-when-empty': 'Use the objective score.',
  unstable: 'Ask for more forwards.',
  uncertain: 'Ask for more forwards, or for fewer segments.',
  'mostly-prior': 'Ask for more forwards.',
  'poor-fit': 'Take a method that shares out the value itself, such as kernel-shap.',
  'efficiency-gap': 'Ask for more forwards.',
  'fill-sensitive': 'Compare with another fill.',
}

function remedyOf(doubt: Doubt, objective: Objective): string {
  if (isFlat(doubt)) return 'Ask for a loss term, or for a method that hides parts of the photo.'
  if (doubt.code === 'scores-when-empty' && objective === 'score') return 'Compare with another fill.'
  return doubtRemedies[doubt.code]
}

/** What numbers of a fitted model or of a game say; only those that there are, in the order in which they are shown. */
export function fitInWords({ fit, interval }: Pick<AttributionRecord, 'fit' | 'interval'>): readonly FitNumber[] {
  if (!fit) return []
  const rows: (FitNumber | false)[] = [
    { name: 'segments', value: String(fit.segments), meaning: 'parts of the photo that were hidden and kept as one' },
    fit.r2 !== null && {
      name: 'R²',
      value: twoDigits(fit.r2),
      meaning: 'how much of the answers’ variance the fitted model explains, 1 at most',
    },
    fit.efficiencyGap !== null && {
      name: 'efficiency gap',
      value: `${short(100 * fit.efficiencyGap)} %`,
      meaning: 'of the evidence the parts did not sum up to, before it was shared out among them',
    },
    fit.fillAgreement !== null && {
      name: 'other fill',
      value: twoDigits(fit.fillAgreement),
      meaning: 'correlation with the answers when something else stands where parts are hidden',
    },
    fit.widestInterval !== null && {
      name: interval ? `${short(100 * interval.level)} % interval` : 'interval',
      value: `± ${short(50 * fit.widestInterval)} %`,
      meaning: 'of all evidence, for the part known worst; the map is striped where an interval includes 0',
    },
    fit.stoppedEarly && { name: 'stopped', value: 'early', meaning: 'it was sure before its forwards were used up' },
  ]
  return rows.filter((row) => row !== false)
}

export interface FitNumber {
  readonly name: string
  readonly value: string
  readonly meaning: string
}
