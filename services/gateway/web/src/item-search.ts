import { methodTitle } from '@fanlight/insight/method-title'
import type { ExplanationView } from './api.ts'

/** The photo page's state in its address; what is left out is as usual. */
export interface ItemSearch {
  /** Which target, from 1. */
  t?: number
  method?: string
  /** Opacity of the strongest evidence, 0..1. */
  alpha?: number
  contours?: boolean
  /** Evidence against is coloured too. @default as the method has it */
  signed?: boolean
  /** The photo keeps its colours. */
  colour?: boolean
  /** `photo`: one scale for all targets of the photo, to compare them. Otherwise each map has its own. */
  scale?: 'photo'
}

/** Some of it; `undefined` for as usual again. */
export type SearchChange = { [Name in keyof ItemSearch]?: ItemSearch[Name] | undefined }

export function itemSearch(search: Record<string, unknown>): ItemSearch {
  const t = Number(search.t)
  const alpha = search.alpha === undefined ? Number.NaN : Number(search.alpha)
  return {
    ...(Number.isInteger(t) && t > 1 && { t }),
    ...(typeof search.method === 'string' && { method: search.method }),
    ...(alpha >= 0 && alpha <= 1 && alpha !== 0.6 && { alpha }),
    ...(search.contours === true && { contours: true }),
    ...(typeof search.signed === 'boolean' && { signed: search.signed }),
    ...(search.colour === true && { colour: true }),
    ...(search.scale === 'photo' && { scale: 'photo' as const }),
  }
}

/** Names that tell a photo's explanations apart: the method's, numbered where a job has it twice. */
export function methodKeys(explanations: readonly Pick<ExplanationView, 'method'>[]): string[] {
  const titles = explanations.map(({ method }) => methodTitle(method))
  return titles.map((name, at) => {
    const before = titles.slice(0, at).filter((title) => title === name).length
    return before === 0 ? name : `${name}-${before + 1}`
  })
}
