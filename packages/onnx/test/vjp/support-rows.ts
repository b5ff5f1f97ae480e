import { rules, stops } from '../../src/vjp/rules/index.ts'
import { gradientCases } from './cases/index.ts'
import { refusals } from './cases/refused.ts'
import { exports } from './exports.ts'

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' ')

/** Of each operator with a rule: the variants that the tests check, and those that they see refused. */
export function supportRows(): readonly (readonly string[])[] {
  const names = Object.keys(rules).sort()
  const rows = names
    .filter((name) => !stops.has(name))
    .map((name) => {
      const checked = gradientCases.filter(({ op }) => op === name).map(({ variant }) => variant)
      const refused = refusals.filter(({ op }) => op === name).map(({ what }) => what)
      return [`\`${name}\``, checked.join('; '), refused.join('; ')]
    })
  return [...rows, [code(names.filter((name) => stops.has(name))), 'no gradient flows through them', '']]
}

export function exportRows(): readonly (readonly string[])[] {
  return exports.map(({ family, by, operators }) => [family, by, code(operators)])
}
