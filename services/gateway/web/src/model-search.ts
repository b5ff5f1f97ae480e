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

/** The model page's state in its address; what is left out is as usual. */
export interface ModelSearch {
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
}

export function modelSearch(search: Record<string, unknown>): ModelSearch {
  const sort = COLUMNS.find((column) => column === search.sort)
  // A layer's name may look like a number, and is then read as one.
  const layer = typeof search.layer === 'number' ? String(search.layer) : search.layer
  return {
    ...(typeof layer === 'string' && layer !== '' && { layer }),
    ...(sort && sort !== 'place' && { sort }),
    ...(search.down === true && { down: true }),
    ...(search.all === true && { all: true }),
    ...(search.oneScale === true && { oneScale: true }),
  }
}
