import { nearestNames } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'

const MAX_SHOWN_LENGTH = 80

/**
 * The number of a class by its name, capitals or not, or by its number where nothing is called so.
 * @throws InputError `NOT_FOUND` offering the nearest names
 */
export function classIn(names: readonly string[], wanted: string): number {
  const exact = names.indexOf(wanted)
  if (exact >= 0) return exact
  const folded = wanted.toLowerCase()
  const alike = names.findIndex((name) => name.toLowerCase() === folded)
  if (alike >= 0) return alike
  if (/^\d+$/.test(wanted) && Number(wanted) < names.length) return Number(wanted)
  const offered = nearestNames(wanted, names).map(quoted).join(', ')
  throw new InputError('NOT_FOUND', `there is no class ${quoted(wanted)}; the nearest: ${offered}`)
}

const quoted = (text: string) =>
  JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text)
