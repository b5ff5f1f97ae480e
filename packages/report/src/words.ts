import type { Objective } from '@fanlight/contracts'
import { doubtLimits } from '@fanlight/explain/diagnosis'
import { noMapOf } from '@fanlight/explain/words'
import type { ReportAttribution } from './report-data.ts'

/** 0.4312 → `43 %` */
export const percent = (share: number): string => `${Math.round(share * 100)} %`

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${thousands(count)} ${count === 1 ? one : many}`

/** 12345 → `12,345` */
export const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

export const twoDigits = (value: number): string => value.toFixed(2).replace('-', '−')

/** 151000 → `2 min 31 s` */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** Where the detector looked, or why there is no map, as a sentence. */
export function whereItLooked({ inBoxEnergy, gradient }: ReportAttribution, objective: Objective): string {
  const noMap = noMapOf(gradient, objective)
  if (noMap) return `No map: ${noMap.cause}.`
  if (inBoxEnergy === null) return 'Nothing in the photo speaks for it.'
  return `Looked outside the box: ${percent(1 - inBoxEnergy)}.`
}

export function steadiness(stability: number | null): string {
  if (stability === null) return 'not measured'
  const word = stability >= 0.8 ? 'steady' : stability >= doubtLimits.unstable ? 'fairly steady' : 'unsteady'
  return `${twoDigits(stability)}, ${word}`
}
