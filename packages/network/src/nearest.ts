import { InputError } from '@fanlight/ports'
import type { Layer, Layers } from './layers.ts'

/** Cut before they are compared: the cost grows with both lengths. */
const MAX_COMPARED_LENGTH = 100
const MAX_SHOWN_LENGTH = 80

/**
 * A layer by its name, or by the name of a value that it makes.
 * @throws InputError `NOT_FOUND` offering the layer whose name is nearest
 */
export function layerNamed(layers: Layers, wanted: string): Layer {
  const found = layers.all.find(({ name }) => name === wanted) ?? layers.makers.get(wanted)
  if (found) return found
  const near = nearestTo(
    wanted,
    layers.all.map(({ name }) => name),
  )
  const remedy = near === undefined ? 'the network has no layers' : `did you mean ${quoted(near)}?`
  const message = `there is no layer ${quoted(wanted)}: ${remedy} "fanlight inspect model" lists them`
  throw new InputError('NOT_FOUND', message)
}

/** The name that takes the fewest letters put in, left out or replaced; the first of several. */
export function nearestTo(wanted: string, names: readonly string[]): string | undefined {
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
