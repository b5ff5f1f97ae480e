export const COLUMNS = [
  'place',
  'layer',
  'op',
  'parameters',
  'macs',
  'deviation',
  'positive',
  'nearZero',
  'dead',
  'duplicate',
] as const
export type Column = (typeof COLUMNS)[number]

export const TABS = ['layers', 'activations', 'channels', 'dream'] as const
export type Tab = (typeof TABS)[number]

/** The model page's state in its address; what is left out is as usual. */
export interface ModelSearch {
  /** @default layers */
  tab?: Tab
  /** Name of the layer that is shown. */
  layer?: string
  /** By which column the layers are sorted. @default place */
  sort?: Column
  /** The largest first. */
  down?: boolean
  /** Layers without parameters and cost too. */
  all?: boolean
  /** One scale for all kernels of the picture, to compare them. Otherwise each filter has its own. */
  oneScale?: boolean
  /** The job whose photos the network reads. */
  job?: string
  /** One of its photos. */
  item?: string
  /** Id of a target that was explained in the photo. */
  target?: string
  /** Or a detection of the photo, the surest being 1. */
  detection?: number
  /** The layer whose channels are looked at. @default the maps that the heads read */
  at?: string
  /** What is dreamt of: the number of a class, or a channel of the layer `at`. */
  class?: number
  channel?: number
  seed?: number
}

export function modelSearch(search: Record<string, unknown>): ModelSearch {
  const sort = COLUMNS.find((column) => column === search.sort)
  const tab = TABS.find((tab) => tab === search.tab)
  const names = {
    ...text('layer', search.layer),
    ...text('job', search.job),
    ...text('item', search.item),
    ...text('target', search.target),
    ...text('at', search.at),
  }
  const numbers = {
    ...count('detection', search.detection),
    ...count('class', search.class),
    ...count('channel', search.channel),
    ...count('seed', search.seed),
  }
  return {
    ...(tab && tab !== 'layers' && { tab }),
    ...names,
    ...numbers,
    ...(sort && sort !== 'place' && { sort }),
    ...(search.down === true && { down: true }),
    ...(search.all === true && { all: true }),
    ...(search.oneScale === true && { oneScale: true }),
  }
}

/** A name may look like a number, and is then read as one. */
function text<Name extends string>(name: Name, value: unknown): { [Key in Name]?: string } {
  const read = typeof value === 'number' ? String(value) : value
  return (typeof read === 'string' && read !== '' ? { [name]: read } : {}) as { [Key in Name]?: string }
}

function count<Name extends string>(name: Name, value: unknown): { [Key in Name]?: number } {
  const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0
  return (isCount ? { [name]: value } : {}) as { [Key in Name]?: number }
}
