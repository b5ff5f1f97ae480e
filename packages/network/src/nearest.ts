import { InputError } from '@fanlight/ports'
import type { Layer, Layers } from './layers.ts'
import type { LayerSummary } from './summary.ts'

/** Cut before they are compared: the cost grows with both lengths. */
const MAX_COMPARED_LENGTH = 100
const MAX_SHOWN_LENGTH = 80

/**
 * A layer by its name, or by the name of a value that it makes.
 * @throws InputError `NOT_FOUND` offering the layer whose name is nearest
 */
export function layerNamed({ all, makers }: Layers, wanted: string): Layer {
  return all.find(({ name }) => name === wanted) ?? makers.get(wanted) ?? noLayer(wanted, all)
}

/** The same among layers as `summaryOf` tells them. */
export function layerIn(layers: readonly LayerSummary[], wanted: string): LayerSummary {
  return (
    layers.find(({ name }) => name === wanted) ??
    layers.find(({ output }) => output === wanted) ??
    noLayer(wanted, layers)
  )
}

function noLayer(wanted: string, layers: readonly { readonly name: string }[]): never {
  const near = nearestTo(
    wanted,
    layers.map(({ name }) => name),
  )
  const remedy = near === undefined ? 'the network has no layers' : `did you mean ${quoted(near)}?`
  throw new InputError('NOT_FOUND', `there is no layer ${quoted(wanted)}: ${remedy}`)
}

/** The name that takes the fewest letters put in, left out or replaced; the first of several. */
function nearestTo(wanted: string, names: readonly string[]): string | undefined {
  let [nearest, least]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY]
  for (const name of names) {
    const distance = editDistance(wanted.slice(0, MAX_COMPARED_LENGTH), name.slice(0, MAX_COMPARED_LENGTH))
    if (distance < least) [nearest, least] = [name, distance]
  }
  return nearest
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

const quoted = (text: string) =>
  JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text)
