import { InputError } from '@fanlight/ports'
import { distance } from 'fastest-levenshtein'
import type { Model } from './codec.ts'
import { quoted } from './quoted.ts'

const MAX_OFFERED = 3
/** Of each name: the cost of a comparison grows with both lengths. */
const MAX_COMPARED = 200

/**
 * The value that a layer's name stands for: the name of a value itself, or of a node, which stands for what it makes.
 * @returns the name of an input or of a value that a node makes
 * @throws InputError `USAGE` with the nearest names
 */
export function layerNamed(model: Model, name: string): string {
  const { node, input, initializer } = model.graph!
  const held = new Set(initializer.map((each) => each.name))
  const inputs = input.map((each) => each.name).filter((each) => !held.has(each))
  const values = new Set([...inputs, ...node.flatMap(({ output }) => output.filter((each) => each !== ''))])
  if (values.has(name)) return name
  const made = node.find((each) => each.name === name && each.name !== '')?.output.find((each) => each !== '')
  if (made !== undefined) return made
  const nodes = node.map((each) => each.name).filter((each) => each !== '')
  const offered = nearestNames(name, [...nodes, ...values])
    .map(quoted)
    .join(', ')
  throw new InputError('USAGE', `the network has no layer ${quoted(name)}. The nearest names are ${offered}`)
}

/**
 * Up to `count` of the names, nearest first: those that have the wanted text in them, of either case, then by how few
 * letters must be put in, left out or replaced (Levenshtein's distance); names as near as each other in their order.
 */
export function nearestNames(wanted: string, names: readonly string[], count = MAX_OFFERED): readonly string[] {
  const text = wanted.slice(0, MAX_COMPARED).toLowerCase()
  const ranked = [...new Set(names)].map((name) => {
    const other = name.slice(0, MAX_COMPARED).toLowerCase()
    return { name, without: text === '' || !other.includes(text), steps: distance(text, other) }
  })
  ranked.sort((a, b) => Number(a.without) - Number(b.without) || a.steps - b.steps)
  return ranked.slice(0, count).map(({ name }) => name)
}
