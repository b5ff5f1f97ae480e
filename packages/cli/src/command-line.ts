import type { ExplainOptions } from './explain-request.ts'

/** The command that makes the same again, for a POSIX shell. */
export function commandLine(paths: readonly string[], options: ExplainOptions): string {
  const { model, family, method, forwards, set, seed, minScore, objective, maxTargets, target = [] } = options
  const params = Object.entries(set).flatMap(([name, values]) =>
    Object.entries(values).flatMap(([param, value]) => ['--set', `${name}.${param}=${JSON.stringify(value)}`]),
  )
  const words = [
    ...paths,
    ...['--model', model],
    ...(family === undefined ? [] : ['--family', family]),
    ...['--method', method.join(',')],
    ...(forwards === undefined ? [] : ['--forwards', String(forwards)]),
    ...params,
    ...['--seed', String(seed), '--min-score', String(minScore)],
    ...['--objective', objective.join(','), '--max-targets', String(maxTargets)],
    ...target.flatMap((each) => ['--target', each]),
  ]
  return `npx fanlight explain ${words.map(shellWord).join(' ')}`
}

export const shellWord = (word: string) => (/^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
