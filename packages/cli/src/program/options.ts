import { InvalidArgumentError } from 'commander'
import type { CommandContext } from '../context.ts'
import type { ExitCode } from '../exit-codes.ts'

export type Run = (work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>

export const examples = (...lines: readonly string[]) => `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

const list = (text: string): string[] => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (names.length === 0) throw new InvalidArgumentError('name at least one.')
  return names
}

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

/** A list that may be given several times: the first one takes the place of the usual one, the others add to it. */
export const lists =
  (usual: readonly string[] = []) =>
  (text: string, before: readonly string[] = usual): readonly string[] => [
    ...(before === usual ? [] : before),
    ...list(text),
  ]

export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(
      `expected a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ' on'}.`,
    )
  }

export const port = whole(0, 65_535)

export const share = (text: string): number => {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('expected a number from 0 to 1.')
}

type Assigned = Record<string, Record<string, unknown>>

/** drise.grid=8: the value is JSON where it can be, else text. */
export function assign(text: string, before: Assigned): Assigned {
  const [, method, param, value] = /^([\w-]+)\.(\w+)=(.*)$/s.exec(text) ?? []
  if (!method || !param || value === undefined)
    throw new InvalidArgumentError('expected METHOD.PARAM=VALUE, such as drise.grid=8.')
  return { ...before, [method]: { ...before[method], [param]: jsonOr(value) } }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
